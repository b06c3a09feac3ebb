// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/closure.hpp"

#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/output/output.hpp"
#include "cli/process/mountinfo.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"
#include "cli/system/child_command.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <set>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// The kernel's own, in which nobody can make a file of bytes of his own.
bool holds_files(std::string_view type) {
  constexpr std::array<std::string_view, 14> kWithout = {
      "autofs", "binfmt_misc", "bpf",  "cgroup", "cgroup2",    "configfs", "debugfs",
      "devpts", "efivarfs",    "proc", "pstore", "securityfs", "sysfs",    "tracefs"};
  return std::find(kWithout.begin(), kWithout.end(), type) == kWithout.end();
}

bool takes_new_code(const Mount& mount) {
  return holds_files(mount.type) && has_mount_option(mount.options, "rw") &&
         has_mount_option(mount.system_options, "rw") && !has_mount_option(mount.options, "noexec");
}

/// A mount can lie below another at the same place: what counts is what a path leads to.
bool leads_to_new_code(const std::string& root, const std::string& place) {
  struct statvfs found = {};
  return statvfs((root + place).c_str(), &found) == 0 &&
         (found.f_flag & (ST_RDONLY | ST_NOEXEC)) == 0;
}

bool denies_written_code(std::string_view drop_in) {
  return drop_in.find("\nMemoryDenyWriteExecute=yes\n") != std::string_view::npos;
}

bool is_of_unit(const Process& process, const std::string& unit) {
  const std::vector<std::string> path = cgroup_path(process.text("cgroup").value_or(""));
  return std::find(path.begin(), path.end(), unit) != path.end();
}

} // namespace

std::vector<std::string> places_for_new_code(std::string_view mountinfo) {
  std::vector<std::string> places;
  for (const Mount& mount : mounts_in(mountinfo))
    if (takes_new_code(mount))
      places.emplace_back(mount.place);
  return places;
}

std::vector<std::string> ways_to_new_code(const std::string& unit, std::string_view drop_in) {
  std::set<std::string> ways;
  // No file in /proc tells of it, and the older systemd's is a filter like any other.
  if (denies_written_code(drop_in) &&
      answer_of({"systemctl", "show", "-P", "MemoryDenyWriteExecute", "--", unit}) != "yes\n")
    ways.insert(fmt::format("{}: memory that was written can be executed, since systemd has it "
                            "without MemoryDenyWriteExecute=yes",
                            printable(unit)));
  for (const pid_t pid : all_pids())
    try {
      const Process process{pid};
      // This one can be the unit's ExecStartPost=, which has the system's mounts.
      if (pid == getpid() || !is_of_unit(process, unit))
        continue;
      const std::string root = fmt::format("/proc/{}/root", pid);
      for (const std::string& place : places_for_new_code(process.text("mountinfo").value_or("")))
        if (leads_to_new_code(root, place))
          ways.insert(fmt::format("{}: files in {} can be written and executed", printable(unit),
                                  printable(place)));
      // Of one that has just ended there is nothing to read, or no filter any more.
      const std::string status = process.text("status").value_or("");
      const char state = parse_stat(process.text("stat").value_or("")).letter;
      if (!status.empty() && state != 'Z' && state != 'X' && state != '?' && !is_filtered(status))
        ways.insert(fmt::format("{}: process {} has no seccomp filter", printable(unit), pid));
    } catch (const ProcessError&) {
      continue; // it has ended
    }
  return {ways.begin(), ways.end()};
}

} // namespace sealwax::cli
