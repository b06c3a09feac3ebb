// From a layout and a policy to the ranges to seal.
#pragma once

#include "model/elf_object.hpp"
#include "model/region.hpp"

namespace sealwax {

/// What to do for one object, in this order: move every `relro` range to private memory (where the
/// policy says so), seal every `runs` range, seal what of `gaps` is mapped without permission.
struct ObjectPlan {
  FixedVector<PageRange, ObjectLayout::kMaxPieces> runs;  ///< each free of gaps, neighbours merged
  FixedVector<PageRange, ObjectLayout::kMaxPieces> gaps;  ///< mapped or not: only the process knows
  FixedVector<PageRange, ObjectLayout::kMaxPieces> relro; ///< parts of `runs`
};

/// Pure; no allocation; async-signal-safe.
void plan_object(const ObjectLayout& layout, RegionSet wanted, ObjectPlan& plan);

} // namespace sealwax
