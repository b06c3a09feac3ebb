#include "cli/change/preload_users.hpp"

#include "cli/process/own_preload.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <unistd.h>

namespace sealwax::cli {
namespace {

constexpr const char* kUnitFolder = "/etc/systemd/system";

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
      if (mounts.empty() || !seen.insert(mounts + owner_of(process)).second)
        continue;
      if (has_own_preload(process.text("mountinfo").value_or("")))
        users.insert(owner_of(process));
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
    const std::string path = fmt::format("{}/{}/50-sealwax.conf", kUnitFolder, folder);
    if (wants_own_preload(root.text(path).value_or("")))
      users.push_back(folder.substr(0, folder.size() - kEnd.size()));
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
