// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/facts/running.hpp"

#include "cli/inspection/inspection.hpp"
#include "cli/inspection/worker/looker.hpp"
#include "cli/inspection/worker/packet.hpp"
#include "cli/process/own_preload.hpp"
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

bool shows_seals(const Survey& survey) {
  return std::any_of(survey.mappings.begin(), survey.mappings.end(),
                     [](const Mapping& mapping) { return mapping.sealed; });
}

/// Throws ProcessError.
Running look_at(const Process& process) {
  Running result;
  result.pid = process.pid();
  result.preloads = names_library(process.environment("LD_PRELOAD"));
  result.loaded = maps_library(process.text("maps").value_or(""));
  result.filtered = is_filtered(process.text("status").value_or(""));
  result.owner = owner_of(process);
  result.lost_preload =
      unit_wants_own_preload(result.owner) && own_preload_of(process) == OwnPreload::gone;
  result.elsewhere = preload_elsewhere(process);
  if (result.elsewhere != PreloadElsewhere::nothing_missing) {
    result.place = elsewhere(process);
    result.program = process.executable().value_or('[' + process.name() + ']');
  }
  if (result.loaded) {
    const Inspection found = inspect(process);
    result.verdict = found.whole();
    result.sealed = shows_seals(found.survey);
  }
  return result;
}

bool is_kernel_thread(const Process& process) {
  return parse_stat(process.text("stat").value_or("")).kernel_thread;
}

/// What the worker answers.
struct Answer {
  Running process;
  std::optional<ProcessError::Kind> error;
};

template <typename Pack, typename AnyAnswer>
void each_field(Pack pack, AnyAnswer& answer) {
  pack(answer.process.pid);
  pack(answer.process.owner);
  pack(answer.process.preloads);
  pack(answer.process.loaded);
  pack(answer.process.sealed);
  pack(answer.process.lost_preload);
  pack(answer.process.filtered);
  pack(answer.process.elsewhere);
  pack(answer.process.place);
  pack(answer.process.program);
  pack(answer.process.verdict);
  pack(answer.error);
}

std::string look_in_worker(pid_t pid) {
  Answer answer;
  try {
    answer.process = look_at(Process{pid});
  } catch (const ProcessError& error) {
    answer.error = error.kind();
  }
  Packer packer;
  each_field([&packer](const auto& value) { packer.put(value); }, answer);
  return packer.bytes();
}

/// Throws ProcessError.
Running ask(Looker& looker, pid_t pid) {
  const std::string bytes = looker.ask(pid);
  Unpacker unpacker{bytes};
  Answer answer;
  each_field([&unpacker](auto& value) { unpacker.get(value); }, answer);
  if (answer.error)
    throw ProcessError(*answer.error, "");
  return answer.process;
}

} // namespace

RunningProcesses running_processes() {
  RunningProcesses result;
  Looker looker{look_in_worker};
  for (const pid_t pid : all_pids()) {
    try {
      const Process process{pid};
      if (!is_kernel_thread(process))
        result.processes.push_back(ask(looker, pid));
    } catch (const ProcessError& error) {
      using Kind = ProcessError::Kind;
      // What ended meanwhile is not missed.
      if (error.kind() == Kind::denied || error.kind() == Kind::stuck ||
          error.kind() == Kind::skipped)
        result.denied += 1;
    }
  }
  return result;
}

} // namespace sealwax::cli
