// SPDX-License-Identifier: Apache-2.0
#include "shim/state/refusing_range.hpp"

#include "shim/state/mapped_code_ranges.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

const NamedRange* range_refusing(const MemoryCall& call, NamedRange::Kind kind) {
  for (const AffectedRange& affected : call.affected)
    if (const NamedRange* range = state.ranges.find(affected.range, [&](const NamedRange& entry) {
          return entry.kind == kind && (refuses(affected.effect, entry.anonymous_and_constant) ||
                                        is_refused_hole(affected.effect, entry.region));
        }))
      return range;
  if (kind != NamedRange::sealed)
    return nullptr;
  for (const AffectedRange& affected : call.affected)
    if (refuses(affected.effect, false) || is_refused_hole(affected.effect, Region::text))
      if (const NamedRange* range = mapped_code_ranges.find(affected.range))
        return range;
  return nullptr;
}

bool has_sealed(Address at) {
  const Range place{at, at + 1};
  const auto is_sealed = [](const NamedRange& entry) { return entry.kind == NamedRange::sealed; };
  return state.ranges.find(place, is_sealed) != nullptr ||
         mapped_code_ranges.find(place) != nullptr;
}

} // namespace sealwax::shim
