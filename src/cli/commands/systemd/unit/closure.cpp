// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/closure.hpp"

#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/output/output.hpp"
#include "cli/process/mountinfo.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"
#include "cli/system/child_command.hpp"
#include "cli/system/descriptor.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
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

bool leaves_files_open(std::string_view drop_in) {
  return drop_in.find(fmt::format("\n# {}", kLeftOpen)) != std::string_view::npos;
}

bool is_of_unit(const Process& process, const std::string& unit) {
  const std::vector<std::string> path = cgroup_path(process.text("cgroup").value_or(""));
  return std::find(path.begin(), path.end(), unit) != path.end();
}

/// Of the text of /proc/PID/fdinfo/NUMBER, whose flags are octal (proc_pid_fdinfo(5)).
bool is_open_for_writing(std::string_view text) {
  constexpr std::string_view kLabel = "flags:\t";
  const std::size_t at = text.find(kLabel);
  if (at == std::string_view::npos)
    return false;
  const std::size_t end = text.find('\n', at);
  const std::string_view flags = text.substr(at + kLabel.size(), end - at - kLabel.size());
  return !flags.empty() && ((flags.back() - '0') & O_ACCMODE) != O_RDONLY;
}

/// Whether what is written to a descriptor's file can be executed. It has the mount that it was
/// opened in, which is none of the unit's where systemd has opened it.
bool takes_new_code(const Process& process, const std::string& descriptor) {
  const std::string info = fmt::format("fdinfo/{}", descriptor);
  if (!is_open_for_writing(process.text(info.c_str()).value_or("")))
    return false;
  const std::string path = fmt::format("/proc/{}/fd/{}", process.pid(), descriptor);
  const Descriptor file{open(path.c_str(), O_PATH | O_CLOEXEC)};
  struct stat status = {};
  struct statvfs mount = {};
  return file.open() && fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode) &&
         fstatvfs(file.number(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) == 0;
}

/// Looks at the processes of one unit.
class Search {
public:
  Search(const std::string& unit, std::string_view drop_in) : unit_(unit), drop_in_(drop_in) {}

  std::vector<std::string> ways() {
    // No file in /proc tells of it, and the older systemd's is a filter like any other.
    if (denies_written_code(drop_in_) &&
        answer_of({"systemctl", "show", "-P", "MemoryDenyWriteExecute", "--", unit_}) != "yes\n")
      add("memory that was written can be executed, since systemd has it without "
          "MemoryDenyWriteExecute=yes");
    for (const pid_t pid : all_pids())
      try {
        // This one can be the unit's ExecStartPost=, which has the system's mounts.
        if (const Process process{pid}; pid != getpid() && is_of_unit(process, unit_))
          look_at(process);
      } catch (const ProcessError&) {
        continue; // it has ended
      }
    return {ways_.begin(), ways_.end()};
  }

private:
  void add(std::string_view way) { ways_.insert(fmt::format("{}: {}", printable(unit_), way)); }

  void look_at(const Process& process) {
    look_at_places(process);
    if (!leaves_files_open(drop_in_))
      look_at_open_files(process);
    // Of one that has just ended there is nothing to read, or no filter any more.
    const std::string status = process.text("status").value_or("");
    const char state = parse_stat(process.text("stat").value_or("")).letter;
    if (!status.empty() && state != 'Z' && state != 'X' && state != '?' && !is_filtered(status))
      add(fmt::format("process {} has no seccomp filter", process.pid()));
  }

  void look_at_places(const Process& process) {
    const std::string root = fmt::format("/proc/{}/root", process.pid());
    for (const std::string& place : places_for_new_code(process.text("mountinfo").value_or("")))
      if (leads_to_new_code(root, place))
        add(fmt::format("files in {} can be written and executed", printable(place)));
  }

  void look_at_open_files(const Process& process) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process.pid()), error))
      if (const std::string descriptor = entry.path().filename().string();
          takes_new_code(process, descriptor))
        add(fmt::format("process {} has {} open, which it can write and execute", process.pid(),
                        printable(process.link(("fd/" + descriptor).c_str()).value_or("a file"))));
  }

  const std::string& unit_;
  std::string_view drop_in_;
  std::set<std::string> ways_;
};

} // namespace

std::vector<std::string> places_for_new_code(std::string_view mountinfo) {
  std::vector<std::string> places;
  for (const Mount& mount : mounts_in(mountinfo))
    if (takes_new_code(mount))
      places.emplace_back(mount.place);
  return places;
}

std::vector<std::string> ways_to_new_code(const std::string& unit, std::string_view drop_in) {
  return Search{unit, drop_in}.ways();
}

} // namespace sealwax::cli
