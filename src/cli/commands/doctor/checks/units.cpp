// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/commands/doctor/facts/running.hpp"
#include "cli/commands/doctor/facts/systemd_units.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace sealwax::cli {
namespace {

/// The processes of one unit or program.
struct Party {
  std::size_t processes = 0;
  std::size_t loaded = 0;
  bool lost_preload = false;
  pid_t without = 0; ///< one in which the library is not
};

using Parties = std::map<std::string, Party>;

/// Those that want the library: by LD_PRELOAD or because they have it.
Parties parties_of(const RunningProcesses& running) {
  Parties parties;
  for (const Running& process : running.processes) {
    if (!process.preloads && !process.loaded && !process.lost_preload)
      continue;
    Party& party = parties[process.owner];
    party.processes += 1;
    party.loaded += process.loaded ? 1 : 0;
    party.lost_preload |= process.lost_preload;
    if (!process.loaded)
      party.without = process.pid;
  }
  return parties;
}

Check describe(const std::string& owner, const Party& party) {
  const std::string name = printable(owner);
  if (party.lost_preload)
    return finding(name,
                   "its own /etc/ld.so.preload is gone, with the system's that was replaced: what "
                   "it executes from now on may be unsealed",
                   fmt::format("systemctl restart {}", name));
  if (party.loaded == party.processes)
    return fine(
        name, fmt::format("{} with the library", counted(party.processes, "process", "processes")));
  return finding(name,
                 fmt::format("the library did not arrive in {} of {}, PID {} for one",
                             party.processes - party.loaded,
                             counted(party.processes, "process", "processes"), party.without),
                 "the program is static or setuid, or the file was missing when it started: "
                 "'sealwax run --require' says which, and 'sealwax seal' seals what runs");
}

/// How many processes do not have the library.
std::size_t lacking(const RunningProcesses& running) {
  return static_cast<std::size_t>(
      std::count_if(running.processes.begin(), running.processes.end(),
                    [](const Running& process) { return !process.loaded; }));
}

/// A unit that says since its start that it wants the library.
std::vector<Check> check_restarts(const Parties& parties) {
  std::vector<Check> checks;
  if (!systemd_runs())
    return checks;
  const std::optional<std::vector<SystemdUnit>> units = running_services();
  if (!units)
    return {unknown("systemctl", "does not answer", "look as root, and see 'systemctl status'")};
  for (const SystemdUnit& unit : *units)
    if (unit.preloads && !parties.contains(unit.name))
      checks.push_back(finding(printable(unit.name),
                               "preloads the library, and runs without it: it started before",
                               fmt::format("systemctl restart {}", printable(unit.name))));
  return checks;
}

} // namespace

CheckGroup check_units(const SystemRoot& root, const RunningProcesses& running) {
  CheckGroup group{"running with the library", {}};
  const Parties parties = parties_of(running);
  for (const auto& [owner, party] : parties)
    group.checks.push_back(describe(owner, party));
  for (Check& check : check_restarts(parties))
    group.checks.push_back(std::move(check));
  if (const std::size_t without = lacking(running);
      without != 0 && !preloaded_library(root).empty())
    group.checks.push_back(
        note("without it",
             fmt::format("{}: started before /etc/ld.so.preload named it, or static",
                         counted(without, "process", "processes")),
             "restart them, or seal them as they run ('sealwax seal'); 'sealwax status --all' says "
             "which"));
  if (group.checks.empty())
    group.checks.push_back(note("nobody", "no process that can be looked at preloads it"));
  if (running.denied != 0)
    group.checks.push_back(unknown(
        "others",
        fmt::format("{} may not be looked at", counted(running.denied, "process", "processes")),
        "look as root, with CAP_SYS_PTRACE"));
  return group;
}

} // namespace sealwax::cli
