// SPDX-License-Identifier: Apache-2.0
#include "cli/process/processes_where.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace sealwax::cli {
namespace {

/// proc_pid_comm(5): what does not fit is cut off.
constexpr std::size_t kLongestName = 15;

std::vector<std::string> running_programs() {
  std::vector<std::string> programs;
  const auto note = [&programs](std::string_view path, std::string_view name) {
    programs.emplace_back(path.empty() ? name : file_name(path));
    return false;
  };
  (void)processes_where(note);
  return programs;
}

bool is_kernel_thread(const Process& process) {
  return parse_stat(process.text("stat").value_or("")).kernel_thread;
}

} // namespace

std::vector<pid_t>
processes_where(const std::function<bool(std::string_view path, std::string_view name)>& is_meant) {
  std::vector<pid_t> found;
  for (const pid_t pid : all_pids())
    try {
      const Process process{pid};
      const std::optional<std::string> path = process.executable();
      const std::string name = path ? std::string{} : process.name();
      if (is_meant(path ? without_deleted(*path) : std::string_view{}, name) &&
          (path || !is_kernel_thread(process)))
        found.push_back(pid);
    } catch (const ProcessError&) { // It has ended.
    }
  return found;
}

std::vector<pid_t> processes_called(std::string_view name) {
  return processes_where([name](std::string_view path, std::string_view shown) {
    return path.empty() ? shown == name.substr(0, kLongestName) : file_name(path) == name;
  });
}

std::vector<pid_t> processes_below(std::string_view path) {
  return processes_where([path](std::string_view file, std::string_view) {
    return file.starts_with(path) &&
           (file.size() == path.size() || path == "/" || file[path.size()] == '/');
  });
}

std::vector<std::string> running_units() {
  constexpr std::string_view kService = ".service";
  std::vector<std::string> units;
  for (const pid_t pid : all_pids())
    try {
      std::string unit = unit_of(cgroup_path(Process{pid}.text("cgroup").value_or("")));
      if (unit.ends_with(kService))
        unit.resize(unit.size() - kService.size());
      if (!unit.empty())
        units.push_back(std::move(unit));
    } catch (const ProcessError&) { // It has ended.
    }
  return units;
}

bool is_program_name(std::string_view text) {
  return !text.empty() && (text.front() < '0' || text.front() > '9') && text.front() != '-';
}

std::vector<pid_t> processes_meant_by(const std::string& text) {
  std::vector<pid_t> pids;
  std::vector<std::string> programs;
  if (text.find('/') == std::string::npos) {
    pids = processes_called(text);
    if (pids.empty())
      programs = running_programs();
  } else {
    std::error_code error;
    const std::string path = std::filesystem::canonical(text, error).string();
    if (error)
      throw CommandError(
          fmt::format("cannot look for {}: {}; check the path", printable(text), error.message()));
    pids = processes_below(path);
  }
  if (pids.empty())
    throw CommandError(fmt::format("no process runs '{}'; {}'sealwax status --all' lists what does",
                                   printable(text), did_you_mean(text, programs)));
  return pids;
}

} // namespace sealwax::cli
