// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/worker/stuck_workers.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// With a PID behind it the kernel's 15 bytes (PR_SET_NAME) are just enough.
constexpr std::string_view kPrefix = "swxlook-";

std::optional<pid_t> target_of(std::string_view name) {
  if (!name.starts_with(kPrefix))
    return std::nullopt;
  name.remove_prefix(kPrefix.size());
  pid_t target = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), target);
  const bool whole = error == std::errc{} && stop == name.data() + name.size();
  return whole ? std::optional{target} : std::nullopt;
}

std::string program_of(const Process& process) {
  return std::string{without_deleted(process.executable().value_or(""))};
}

/// By what only whoever runs this program as this user can have: others may not make it look as if
/// a process were not worth a look.
bool is_ours(const Process& process) {
  return process.owner() == geteuid() && program_of(process) == program_of(Process{getpid()});
}

std::uint64_t start_of(const Process& process) {
  return parse_stat(process.text("stat").value_or("")).start;
}

} // namespace

std::string worker_name(pid_t target) {
  return fmt::format("{}{}", kPrefix, target);
}

std::vector<StuckWorker> stuck_workers() {
  std::vector<StuckWorker> found;
  for (const pid_t pid : all_pids()) {
    try {
      const Process process{pid};
      const std::optional<pid_t> target = target_of(process.name());
      // A run that is still at it has not killed its worker.
      if (!target || !is_ours(process) || !is_being_killed(process.text("status").value_or("")))
        continue;
      StuckWorker worker{pid, *target};
      try {
        if (start_of(Process{*target}) > start_of(process))
          worker.target = 0;
      } catch (const ProcessError&) {
        worker.target = 0;
      }
      found.push_back(worker);
    } catch (const ProcessError&) {
      continue;
    }
  }
  return found;
}

} // namespace sealwax::cli
