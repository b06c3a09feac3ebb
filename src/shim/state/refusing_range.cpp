#include "shim/state/refusing_range.hpp"

#include "shim/state/mapped_code_ranges.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

const NamedRange* range_refusing(const MemoryCall& call, NamedRange::Kind kind) {
  for (const AffectedRange& affected : call.affected)
    if (const NamedRange* range = state.ranges.find(affected.range, [&](const NamedRange& entry) {
          return entry.kind == kind && refuses(affected.effect, entry.anonymous_and_constant);
        }))
      return range;
  const MappedCodeRanges* const sealed_code = mapped_code_ranges.existing();
  if (sealed_code == nullptr || kind != NamedRange::sealed)
    return nullptr;
  for (const AffectedRange& affected : call.affected)
    if (affected.effect == Effect::change)
      if (const NamedRange* range = sealed_code->find(affected.range))
        return range;
  return nullptr;
}

bool has_sealed(Address at) {
  const Range place{at, at + 1};
  const auto is_sealed = [](const NamedRange& entry) { return entry.kind == NamedRange::sealed; };
  const MappedCodeRanges* const sealed_code = mapped_code_ranges.existing();
  return state.ranges.find(place, is_sealed) != nullptr ||
         (sealed_code != nullptr && sealed_code->find(place) != nullptr);
}

} // namespace sealwax::shim
