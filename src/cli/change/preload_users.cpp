// SPDX-License-Identifier: Apache-2.0
#include "cli/change/preload_users.hpp"

#include "cli/process/own_preload.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"
#include "cli/system/unit_drop_in.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <unistd.h>

namespace sealwax::cli {
namespace {

std::string owner_of(const Process& process) {
  const std::string unit = unit_of(cgroup_path(process.text("cgroup").value_or("")));
  return unit.empty() ? process.executable().value_or(process.name()) : unit;
}

std::string mounts_of(pid_t pid) {
  std::error_code error;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/ns/mnt", pid), error).string();
}

std::vector<std::string> running_users() {
  std::set<std::string> users;
  std::set<std::string> seen; // mount namespaces: many processes share one
  for (const pid_t pid : all_pids())
    try {
      const Process process{pid};
      const std::string mounts = mounts_of(pid);
      const std::string owner = mounts.empty() ? std::string{} : owner_of(process);
      if (mounts.empty() || !seen.insert(mounts + owner).second)
        continue;
      if (has_own_preload(process.text("mountinfo").value_or("")))
        users.insert(owner);
    } catch (const ProcessError&) {
      continue; // it has ended
    }
  return {users.begin(), users.end()};
}

/// Whoever entered them from a login is in the login's unit, and another process in theirs.
std::string owner_of_mounts(const Process& self) {
  std::string own = owner_of(self);
  const std::string mounts = mounts_of(self.pid());
  for (const pid_t pid : all_pids())
    try {
      if (mounts_of(pid) != mounts)
        continue;
      if (std::string owner = owner_of(Process{pid}); owner != own)
        return owner;
    } catch (const ProcessError&) {
      continue; // it has ended
    }
  return own;
}

std::vector<std::string> planned_users(const SystemRoot& root) {
  constexpr std::string_view kEnd = ".d";
  std::vector<std::string> users;
  for (const std::string& folder : root.names(kUnitFolder)) {
    if (!folder.ends_with(kEnd))
      continue;
    const std::string unit = folder.substr(0, folder.size() - kEnd.size());
    if (wants_own_preload(root.text(drop_in_path(unit)).value_or("")))
      users.push_back(unit);
  }
  return users;
}

} // namespace

PreloadUsers preload_users(const SystemRoot& root) {
  return {root.is_own() ? running_users() : std::vector<std::string>{}, planned_users(root)};
}

std::string surrounding_unit() {
  try {
    const Process self{getpid()};
    const std::optional<std::string> first = Process{1}.text("mountinfo");
    const bool own = has_own_preload(self.text("mountinfo").value_or(""));
    return own && first && !has_own_preload(*first) ? owner_of_mounts(self) : std::string{};
  } catch (const ProcessError&) {
    return {};
  }
}

} // namespace sealwax::cli
