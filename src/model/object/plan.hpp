// SPDX-License-Identifier: Apache-2.0
// From a layout and a policy to the ranges to seal.
#pragma once

#include "model/object/elf_object.hpp"
#include "model/region.hpp"

namespace sealwax {

/// Calls `visit` with each range to seal that is mapped for sure, neighbours joined. None reaches
/// across a gap, where the process may have nothing, or anybody's memory.
template <typename Visit>
void for_each_run(Slice<const Piece> pieces, RegionSet wanted, Visit visit) {
  PageRange run;
  for (const Piece& piece : pieces) {
    if (piece.region == Region::gaps || !wanted.has(piece.region))
      continue;
    if (!run.empty() && run.end() == piece.range.begin()) {
      run = run.through(piece.range);
      continue;
    }
    if (!run.empty())
      visit(run);
    run = piece.range;
  }
  if (!run.empty())
    visit(run);
}

/// Calls `visit` with the range of each piece of `region`, where that is wanted.
template <typename Visit>
void for_each_of(Slice<const Piece> pieces, RegionSet wanted, Region region, Visit visit) {
  if (wanted.has(region))
    for (const Piece& piece : pieces)
      if (piece.region == region)
        visit(piece.range);
}

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
