// SPDX-License-Identifier: Apache-2.0
#include "model/object/plan.hpp"

namespace sealwax {

// Each vector below holds as many ranges as a layout has pieces, so no push can fail.
void plan_object(const ObjectLayout& layout, RegionSet wanted, ObjectPlan& plan) {
  const auto fill = [](auto& ranges) {
    ranges.clear();
    return [&ranges](PageRange range) { (void)ranges.push(range); };
  };
  const Slice<const Piece> pieces = layout.all();
  for_each_run(pieces, wanted, fill(plan.runs));
  for_each_of(pieces, wanted, Region::gaps, fill(plan.gaps));
  for_each_of(pieces, wanted, Region::relro, fill(plan.relro));
}

} // namespace sealwax
