// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/policy_in_process.hpp"

#include "cli/process/dynamic_symbol.hpp"
#include "cli/system/kernel_probe.hpp"
#include "model/policy/held_policy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

/// What the library in a process shows.
struct Shown {
  bool library = false; ///< there is one
  std::string doubt;    ///< why what it shows cannot be believed, or nothing
  HeldPolicy policy;
  std::vector<char> records;
};

/// Who can write there could have made anything of it.
bool is_sealed(const Survey& survey, Range range) {
  for (Address at = range.begin; at < range.end;) {
    const Mapping* mapping = mapping_at(survey.mappings, at);
    if (mapping == nullptr || !mapping->sealed || mapping->permissions[1] == 'w')
      return false;
    at = mapping->range.end;
  }
  return true;
}

/// What is wrong with what lies at `at`. Empty: nothing, and `shown` has it.
std::string read_shown(const Survey& survey, Address at, Shown& shown) {
  if (!is_sealed(survey, {at, at + sizeof shown.policy}))
    return "the page where the library shows it is not sealed";
  if (!survey.memory->read_object(at, shown.policy))
    return "the page where the library shows it cannot be read";
  if (!shown.policy.is_understood())
    return "the library in it is of another version than this tool";
  const Address begin = shown.policy.records;
  const std::size_t size = shown.policy.record_size;
  if (size == 0)
    return {};
  if (size > ProgramPolicy::storage_bound(kPolicySizeLimit) || begin + size < begin ||
      !is_sealed(survey, {begin, begin + size}))
    return "the pages where the library keeps it are not sealed";
  shown.records.resize(size);
  if (survey.memory->read(begin, std::as_writable_bytes(std::span{shown.records})) !=
      Memory::Outcome::ok)
    return "the pages where the library keeps it cannot be read";
  return {};
}

/// A second copy of the library does nothing and seals nothing.
Shown look_for(const Survey& survey) {
  Shown shown;
  if (!survey.memory)
    return shown;
  for (const Object& object : survey.objects) {
    const std::optional<Address> at = find_variable(*survey.memory, object, kHeldPolicyName);
    if (!at)
      continue;
    Shown found;
    found.library = true;
    found.doubt = read_shown(survey, *at, found);
    if (found.doubt.empty())
      return found;
    if (!shown.library)
      shown = std::move(found);
  }
  return shown;
}

/// As far as this process can tell; another, under a filter, can be told otherwise.
bool has_kernel_no_mseal() {
  static const bool missing = probe_mseal() == Mseal::missing;
  return missing;
}

bool has_seals(const Survey& survey) {
  return std::any_of(survey.mappings.begin(), survey.mappings.end(),
                     [](const Mapping& mapping) { return mapping.sealed; });
}

/// The library shows nothing where it seals nothing. A policy that is to be found outside may say
/// the same.
EffectivePolicy without_word(const Process& process, const Survey& survey, std::string_view program,
                             const std::string& doubt) {
  EffectivePolicy outside = policy_of(process, program);
  if (!has_seals(survey) && has_kernel_no_mseal()) {
    outside.add_note("this kernel has no mseal(2): nothing can be sealed");
    return outside;
  }
  if (outside.rules().process().mode == Mode::off && !outside.rules().names_objects())
    return outside;
  return EffectivePolicy::unknown(fmt::format("which policy it holds cannot be told: {}", doubt));
}

/// What comes of a start of the same program with the same environment now.
void compare_with_present(EffectivePolicy& held, const EffectivePolicy& present) {
  for (const std::string& note : present.notes())
    held.add_note(note);
  if (!present.problem().empty())
    held.add_note(fmt::format("policy changed since it started: {}", present.problem()));
  else if (!held.source().empty() && present.source() != held.source())
    held.add_note(
        fmt::format("policy changed since it started: {} is not there any more", held.source()));
  else if (present.source() != held.source() || !held.rules().says_the_same_as(present.rules()))
    held.add_note("policy changed since it started");
}

EffectivePolicy by_word(const Process& process, std::string_view program, Shown shown) {
  bool path_is_known = true;
  std::optional<std::string> variable;
  if (shown.policy.origin == HeldPolicy::Origin::variable)
    variable = shown.policy.variable(path_is_known);
  const std::string source = variable                                            ? *variable
                             : shown.policy.origin == HeldPolicy::Origin::system ? kSystemPolicy
                                                                                 : std::string{};
  std::optional<EffectivePolicy> held =
      EffectivePolicy::from_records(source, std::move(shown.records));
  if (!held)
    return EffectivePolicy::unknown("which policy it holds cannot be told: what the library in it "
                                    "shows makes no sense");
  if (shown.policy.origin == HeldPolicy::Origin::fault) {
    const EffectivePolicy present = policy_of(process, program);
    return EffectivePolicy::faulty(present.problem().empty()
                                       ? "the policy that it found at its start was not taken"
                                       : present.problem(),
                                   held->rules().process().mode);
  }
  if (path_is_known)
    compare_with_present(*held, policy_at_start(process, program, shown.policy.secure, variable));
  return std::move(*held);
}

} // namespace

EffectivePolicy policy_in(const Process& process, const Survey& survey, std::string_view program) {
  Shown shown = look_for(survey);
  if (!shown.library)
    return policy_of(process, program);
  return shown.doubt.empty() ? by_word(process, program, std::move(shown))
                             : without_word(process, survey, program, shown.doubt);
}

} // namespace sealwax::cli
