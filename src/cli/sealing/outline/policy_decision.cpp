// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/outline/policy_decision.hpp"

#include <algorithm>
#include <iterator>

namespace sealwax::cli {
namespace {

/// In the order of sealwax-policy(5).
constexpr Key kOrder[] = {Key::mode,        Key::seal,        Key::relro,      Key::text,
                          Key::dlopen,      Key::exec_gain,   Key::on_refused, Key::report_to,
                          Key::mapped_code, Key::environment, Key::seccomp};
static_assert(std::size(kOrder) == kKeys - 1,
              "all but only-in, which says for whom the others are");

void note(Decision& decision, const Decision::Cause& cause) {
  const bool amends =
      cause.entry->key == Key::seal && seal_change(cause.entry->value).removed != RegionSet::all();
  if (!amends) {
    decision.causes.clear();
    decision.built_in_first = false;
  }
  decision.causes.push_back(cause);
}

} // namespace

std::vector<Decision> decide(std::span<const PolicySection> sections, const PolicySubject& subject,
                             Mode built_in) {
  std::vector<Decision> decisions;
  for (const Key key : kOrder)
    if (subject.path.empty() || rule_of(key).concerns_objects)
      decisions.push_back({key, {}, {}, true});
  Settings settings;
  settings.mode = built_in;
  std::string report_file;
  for (const PolicySection& section : sections) {
    if (!section.applies(subject.program, subject.name, subject.path))
      continue;
    for (const PolicyEntry& entry : section.entries) {
      apply(entry, settings, report_file);
      for (Decision& decision : decisions)
        if (decision.key == entry.key)
          note(decision, {&section, &entry});
    }
  }
  for (Decision& decision : decisions)
    decision.value = value_text(decision.key, settings);
  return decisions;
}

} // namespace sealwax::cli
