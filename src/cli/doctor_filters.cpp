#include "cli/doctor.hpp"
#include "cli/output.hpp"
#include "cli/preload_file.hpp"
#include "cli/running.hpp"
#include "cli/systemd_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sealwax::cli {
namespace {

/// libseccomp before 2.6 does not know the name, and systemd ignores it then.
constexpr const char* kAllow =
    "systemctl edit UNIT: SystemCallFilter=mseal in [Service], which takes libseccomp 2.6";

using Names = std::set<std::string>;

/// The first few of many.
std::string some_of(const Names& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count == kShown)
      return text + fmt::format(" and {} more", names.size() - kShown);
    text += (count++ == 0 ? "" : ", ") + printable(name);
  }
  return text;
}

/// The running services, by what systemd was told. A finding where the library is to be in one.
std::vector<Check> check_services(const SystemRoot& root, const std::vector<SystemdUnit>& units) {
  const bool system_wide = !preloaded_library(root).empty();
  Names idle;
  std::vector<Check> checks;
  for (const SystemdUnit& unit : units) {
    if (unit.refuses_mseal && (unit.preloads || system_wide))
      checks.push_back(finding(printable(unit.name),
                               "its SystemCallFilter= refuses mseal: it runs unsealed", kAllow));
    else if (unit.refuses_mseal)
      idle.insert(unit.name);
  }
  if (!idle.empty())
    checks.push_back(note("SystemCallFilter=",
                          fmt::format("of {} refuses mseal: with the library, "
                                      "they would run unsealed",
                                      some_of(idle)),
                          kAllow));
  if (checks.empty())
    checks.push_back(fine("SystemCallFilter=", "no running service refuses mseal by it"));
  return checks;
}

/// What a filter does cannot be read from outside; what became of the library can.
/// Of `told` enough was said.
std::vector<Check> check_processes(const RunningProcesses& running, const Names& told) {
  Names refused;
  Names open;
  std::size_t sealed = 0;
  for (const Running& process : running.processes) {
    if (!process.filtered || told.contains(process.owner))
      continue;
    if (process.sealed)
      ++sealed;
    else
      (process.loaded ? refused : open).insert(process.owner);
  }
  std::vector<Check> checks;
  if (sealed != 0)
    checks.push_back(fine("sealed", fmt::format("{} under a filter that lets mseal pass", sealed)));
  for (const std::string& owner : refused)
    checks.push_back(finding(printable(owner),
                             "has the library, runs under a filter, and nothing is sealed",
                             "let its filter allow mseal"));
  if (!open.empty())
    checks.push_back(
        note("not sealed", fmt::format("{}: under a filter, and without the library; try it out "
                                       "with 'sealwax run'",
                                       some_of(open))));
  if (checks.empty())
    checks.push_back(fine("processes", "none runs under a seccomp filter"));
  return checks;
}

} // namespace

CheckGroup check_filters(const SystemRoot& root, const RunningProcesses& running) {
  CheckGroup group{"seccomp filters", {}};
  Names told;
  if (const auto units = systemd_runs() ? running_services() : std::nullopt) {
    group.checks = check_services(root, *units);
    for (const SystemdUnit& unit : *units)
      if (unit.refuses_mseal)
        told.insert(unit.name);
  }
  for (Check& check : check_processes(running, told))
    group.checks.push_back(std::move(check));
  return group;
}

} // namespace sealwax::cli
