// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/syscall_filter.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/system/child_command.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <seccomp.h>
#include <utility>
#include <vector>

namespace sealwax::cli {
namespace {

constexpr const char* kMsealName = "mseal";

/// Sets hold sets: goes on until no further one is found to hold mseal.
std::set<std::string> holders(const std::map<std::string, std::vector<std::string>>& sets) {
  std::set<std::string> found{kMsealName};
  for (std::size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& [name, members] : sets)
      if (std::any_of(members.begin(), members.end(),
                      [&](const std::string& member) { return found.contains(member); }))
        found.insert(name);
  }
  found.erase(kMsealName);
  return found;
}

} // namespace

std::set<std::string> sets_of_mseal(std::string_view text) {
  std::map<std::string, std::vector<std::string>> sets;
  std::string current;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::string_view word = trimmed(line);
    if (word.empty() || word.starts_with('#'))
      continue;
    if (line.starts_with('@'))
      current = word;
    else
      sets[current].emplace_back(word);
  }
  return holders(sets);
}

CallSets ask_call_sets() {
  // systemd has its names from libseccomp, as this does: what that cannot resolve it ignores
  // (src/shared/seccomp-util.c, seccomp_parse_syscall_filter, seccomp_add_syscall_filter_item).
  if (seccomp_syscall_resolve_name(kMsealName) == __NR_SCMP_ERROR)
    return {false, {}};
  return {true, sets_of_mseal(answer_of({"systemd-analyze", "--no-pager", "syscall-filter"}))};
}

FilterVerdict judge_filter(const Unit& unit, const CallSets& sets) {
  bool any = false;
  bool allow_list = false;
  bool passes = true;
  for (const UnitSetting& setting : unit.values("SystemCallFilter")) {
    const bool inverted = setting.value.starts_with('~');
    if (!std::exchange(any, true)) {
      allow_list = !inverted;
      // An allow list has @default in it, whatever it says.
      passes = !allow_list || sets.of_mseal.contains("@default");
    }
    for (const std::string& word : split_words(setting.value.substr(inverted ? 1 : 0))) {
      const std::string name = word.substr(0, word.find(':')); // an error's number may follow
      if (name == kMsealName || sets.of_mseal.contains(name))
        passes = !inverted;
    }
  }
  if (!any)
    return FilterVerdict::none;
  return passes ? FilterVerdict::lists_it : FilterVerdict::lacks_it;
}

bool has_filter(const Unit& unit) {
  constexpr std::array kFlags = {
      "MemoryDenyWriteExecute", "RestrictRealtime",      "RestrictSUIDSGID", "LockPersonality",
      "ProtectKernelModules",   "ProtectKernelTunables", "ProtectClock",     "ProtectHostname",
      "ProtectKernelLogs",      "PrivateDevices",        "DynamicUser"};
  constexpr std::array kLists = {"SystemCallFilter", "SystemCallArchitectures",
                                 "RestrictAddressFamilies", "RestrictNamespaces"};
  return std::any_of(kFlags.begin(), kFlags.end(),
                     [&](const char* key) { return unit.is_set(key); }) ||
         std::any_of(kLists.begin(), kLists.end(),
                     [&](const char* key) { return !unit.values(key).empty(); });
}

} // namespace sealwax::cli
