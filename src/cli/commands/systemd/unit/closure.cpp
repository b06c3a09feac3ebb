#include "cli/commands/systemd/unit/closure.hpp"

#include "cli/commands/systemd/unit/unit_file.hpp"
#include "cli/output/output.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <unistd.h>

namespace sealwax::cli {
namespace {

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (option == wanted)
      return true;
    options.remove_prefix(std::min(option.size() + 1, options.size()));
  }
  return false;
}

/// A line's words are: two numbers, the device, the root, the mount point, the mount's options,
/// further fields, a dash, the file system's type, its source and its options
/// (proc_pid_mountinfo(5)).
struct Mount {
  std::string place;
  bool writable = false;
  bool executable = false;
};

/// The kernel's own, in which nobody can make a file of bytes of his own.
bool holds_files(std::string_view type) {
  constexpr std::array<std::string_view, 14> kWithout = {
      "autofs", "binfmt_misc", "bpf",  "cgroup", "cgroup2",    "configfs", "debugfs",
      "devpts", "efivarfs",    "proc", "pstore", "securityfs", "sysfs",    "tracefs"};
  return std::find(kWithout.begin(), kWithout.end(), type) == kWithout.end();
}

Mount parse_mount(std::string_view line) {
  constexpr std::size_t kPlace = 4, kOptions = 5;
  // Blanks in a path are written as \040, which is kept so.
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    words.push_back(word);
    line.remove_prefix(std::min(word.size() + 1, line.size()));
  }
  const auto dash = std::find(words.begin(), words.end(), "-");
  if (words.size() <= kOptions || words.end() - dash < 2 || !holds_files(dash[1]))
    return {};
  return {std::string{words[kPlace]},
          has_option(words[kOptions], "rw") && has_option(words.back(), "rw"),
          !has_option(words[kOptions], "noexec")};
}

bool is_of_unit(const Process& process, const std::string& unit) {
  const std::vector<std::string> path = cgroup_path(process.text("cgroup").value_or(""));
  return std::find(path.begin(), path.end(), unit) != path.end();
}

} // namespace

std::vector<std::string> places_for_new_code(std::string_view mountinfo) {
  std::vector<std::string> places;
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    if (const Mount mount = parse_mount(line); mount.writable && mount.executable)
      places.push_back(mount.place);
  }
  return places;
}

std::vector<std::string> ways_to_new_code(const std::string& unit) {
  std::set<std::string> ways;
  for (const pid_t pid : all_pids())
    try {
      const Process process{pid};
      // This one can be the unit's ExecStartPost=, which has the system's mounts.
      if (pid == getpid() || !is_of_unit(process, unit))
        continue;
      for (const std::string& place : places_for_new_code(process.text("mountinfo").value_or("")))
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
