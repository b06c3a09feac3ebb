#include "cli/commands/doctor/facts/running.hpp"

#include "cli/inspection/inspection.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"
#include "cli/system/preload_list.hpp"

#include <algorithm>

namespace sealwax::cli {
namespace {

bool names_library(const std::optional<std::string>& preload) {
  const std::vector<std::string> entries = preload_entries(preload.value_or(""));
  return std::any_of(entries.begin(), entries.end(), is_sealwax);
}

bool maps_library(const std::string& maps) {
  return maps.find("/libsealwax.so") != std::string::npos;
}

std::string owner_of(const Process& process) {
  std::string unit = unit_of(cgroup_path(process.text("cgroup").value_or("")));
  // A scope is whatever somebody started: its program says more.
  if (!unit.empty() && !unit.ends_with(".scope"))
    return unit;
  return process.executable().value_or('[' + process.name() + ']');
}

/// Throws ProcessError.
Running look_at(const Process& process) {
  Running result;
  result.pid = process.pid();
  result.preloads = names_library(process.environment("LD_PRELOAD"));
  result.loaded = maps_library(process.text("maps").value_or(""));
  result.filtered = is_filtered(process.text("status").value_or(""));
  result.owner = owner_of(process);
  if (result.loaded) {
    const Inspection found = inspect(process);
    result.verdict = found.whole();
    result.sealed = std::any_of(found.survey.mappings.begin(), found.survey.mappings.end(),
                                [](const Mapping& mapping) { return mapping.sealed; });
  }
  return result;
}

bool is_kernel_thread(const Process& process) {
  return parse_stat(process.text("stat").value_or("")).kernel_thread;
}

} // namespace

RunningProcesses running_processes() {
  RunningProcesses result;
  for (const pid_t pid : all_pids()) {
    try {
      const Process process{pid};
      if (!is_kernel_thread(process))
        result.processes.push_back(look_at(process));
    } catch (const ProcessError& error) {
      // What ended meanwhile is not missed.
      if (error.kind() == ProcessError::Kind::denied)
        result.denied += 1;
    }
  }
  return result;
}

} // namespace sealwax::cli
