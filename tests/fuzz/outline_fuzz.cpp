// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/policy/policy_lint.hpp"
#include "cli/sealing/outline/policy_decision.hpp"
#include "fuzz.hpp"

#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::cli;
using sealwax::fuzz::expect;

namespace {

constexpr const char* kProgram = "/usr/bin/prog";
constexpr const char* kObject = "/usr/lib/libx.so.1";

void compare(const std::vector<PolicySection>& sections, const PolicySubject& subject,
             const Settings& settings) {
  for (const Decision& decision : decide(sections, subject, Mode::enforce))
    expect(decision.value == value_text(decision.key, settings), "an outline decides as the model");
}

} // namespace

/// A policy, section by section.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const std::vector<PolicySection> sections = outline(text);
  for (const PolicyWarning& warning : useless_parts(sections))
    expect(warning.place.line >= 2 && warning.place.column >= 1, "a warning has a place");
  std::vector<char> storage(ProgramPolicy::storage_bound(size));
  const auto policy = ProgramPolicy::compile(text, kProgram, {storage.data(), storage.size()});
  if (!policy.ok())
    return 0;
  compare(sections, {kProgram, {}, {}}, policy->process());
  compare(sections, {kProgram, kObject, kObject}, policy->object(kObject, kObject));
  return 0;
}
