// SPDX-License-Identifier: Apache-2.0
#include "cli/process/processes_where.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/process/procfs.hpp"

#include <optional>
#include <string>

namespace sealwax::cli {
namespace {

/// proc_pid_comm(5): what does not fit is cut off.
constexpr std::size_t kLongestName = 15;

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

} // namespace sealwax::cli
