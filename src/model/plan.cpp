#include "model/plan.hpp"

namespace sealwax {

// Each vector below holds as many ranges as a layout has pieces, so no push can fail.
void plan_object(const ObjectLayout& layout, RegionSet wanted, ObjectPlan& plan) {
  plan.runs.clear();
  plan.gaps.clear();
  plan.relro.clear();
  for (const Piece& piece : layout.pieces) {
    if (!wanted.has(piece.region))
      continue;
    if (piece.region == Region::gaps) {
      (void)plan.gaps.push(piece.range);
      continue;
    }
    if (piece.region == Region::relro)
      (void)plan.relro.push(piece.range);
    if (!plan.runs.empty() && plan.runs.back().end() == piece.range.begin())
      plan.runs.back() = plan.runs.back().through(piece.range);
    else
      (void)plan.runs.push(piece.range);
  }
}

} // namespace sealwax
