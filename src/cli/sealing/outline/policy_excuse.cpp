// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/outline/policy_excuse.hpp"

#include <algorithm>

namespace sealwax::cli {
namespace {

const Decision* decision_on(const std::vector<Decision>& decisions, Key key) {
  const auto found = std::find_if(decisions.begin(), decisions.end(),
                                  [key](const Decision& decision) { return decision.key == key; });
  return found == decisions.end() ? nullptr : &*found;
}

std::uint32_t last_line(const Decision& decision) {
  return decision.causes.empty() ? 0 : decision.causes.back().entry->place.line;
}

/// The last one that took it away.
std::uint32_t line_without(const Decision& seal, Region region) {
  std::uint32_t line = 0;
  for (const Decision::Cause& cause : seal.causes)
    if (const SealChange change = seal_change(cause.entry->value);
        change.removed.has(region) && !change.added.has(region))
      line = cause.entry->place.line;
  return line;
}

} // namespace

PolicyLines::PolicyLines(const EffectivePolicy& policy, std::string_view program,
                         const Descriptor& file) {
  if (!file.open() || policy.source().empty())
    return;
  const std::string text = read_all(file.number(), kPolicySizeLimit - 1).value_or("");
  const EffectivePolicy present = EffectivePolicy::from_text(policy.source(), text, program);
  if (present.problem().empty() && policy.rules().says_the_same_as(present.rules()))
    sections_ = outline(text);
}

std::uint32_t PolicyLines::excuse_of(const PolicySubject& subject, Region region,
                                     MappingVerdict verdict) const {
  const std::vector<Decision> decisions = decide(sections_, subject, Mode::enforce);
  const Decision* mode = decision_on(decisions, Key::mode);
  const Decision* seal = decision_on(decisions, Key::seal);
  const Decision* late = decision_on(decisions, Key::dlopen);
  if (mode != nullptr && (verdict == MappingVerdict::observed || mode->value == "off"))
    return last_line(*mode);
  if (const std::uint32_t line = seal != nullptr ? line_without(*seal, region) : 0; line != 0)
    return line;
  return late != nullptr && late->value == "skip" ? last_line(*late) : 0;
}

} // namespace sealwax::cli
