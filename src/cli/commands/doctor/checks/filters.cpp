// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/commands/doctor/facts/running.hpp"
#include "cli/commands/doctor/facts/seccomp_filter.hpp"
#include "cli/commands/doctor/facts/systemd_units.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <set>
#include <unistd.h>

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

/// The owners of processes that are under filters, by what became of the library or, where they
/// are asked, by what the filters answer.
struct Filtered {
  std::size_t sealed = 0;
  std::size_t left = 0; ///< with the library, and their policies want nothing sealed
  Names partly;         ///< something of it is sealed, and not all that its policy wants
  Names passing;        ///< without the library, and mseal would pass
  Names refusing;       ///< with the library or meant to have it: it is refused
  Names idle;           ///< without the library, and mseal would be refused
  Names unknown;        ///< without the library
};

/// Of `told` enough was said.
Filtered sort_out(const RunningProcesses& running, const Names& told, bool ask, bool system_wide) {
  Filtered result;
  for (const Running& process : running.processes) {
    if (!process.filtered || told.contains(process.owner) || process.pid == getpid())
      continue;
    if (process.sealed) {
      if (process.verdict == MappingVerdict::sealed)
        ++result.sealed;
      else if (process.wants_nothing())
        ++result.left;
      else
        result.partly.insert(process.owner);
      continue;
    }
    const FilterAnswer answer = ask ? ask_filters(process.pid) : FilterAnswer::unknown;
    const bool refused = answer == FilterAnswer::refuses || answer == FilterAnswer::kills;
    if (process.wants_nothing() && answer == FilterAnswer::unknown)
      ++result.left;
    else if ((process.loaded && answer != FilterAnswer::allows) ||
             (refused && (process.preloads || system_wide)))
      result.refusing.insert(process.owner);
    else if (refused)
      result.idle.insert(process.owner);
    else
      (answer == FilterAnswer::allows ? result.passing : result.unknown).insert(process.owner);
  }
  return result;
}

std::vector<Check> describe(const Filtered& filtered) {
  std::vector<Check> checks;
  if (filtered.sealed != 0)
    checks.push_back(
        fine("sealed", fmt::format("{} under a filter that lets mseal pass", filtered.sealed)));
  if (filtered.left != 0)
    checks.push_back(
        fine("left", fmt::format("{} under a filter, of which their policies want nothing sealed",
                                 filtered.left)));
  if (!filtered.partly.empty())
    checks.push_back(note("partly",
                          fmt::format("{}: mseal passes the filter, and not all that the policy "
                                      "wants is known to be sealed",
                                      some_of(filtered.partly)),
                          "'sealwax status PID' says what"));
  if (!filtered.passing.empty())
    checks.push_back(
        fine("let pass", fmt::format("mseal, by the filters of {}", some_of(filtered.passing))));
  for (const std::string& owner : filtered.refusing)
    checks.push_back(finding(printable(owner),
                             "has the library, runs under a filter, and nothing is sealed",
                             "let its filter allow mseal, where its policy wants it sealed"));
  if (!filtered.idle.empty())
    checks.push_back(note("refuse",
                          fmt::format("mseal, by the filters of {}: with the library, they would "
                                      "run unsealed",
                                      some_of(filtered.idle)),
                          "let their filters allow mseal"));
  if (!filtered.unknown.empty())
    checks.push_back(
        note("not sealed",
             fmt::format("{}: under filters, and without the library", some_of(filtered.unknown)),
             "'sealwax doctor --filters', as root and under no filter, reads them"));
  if (checks.empty())
    checks.push_back(fine("processes", "none that can be looked at runs under a filter"));
  return checks;
}

} // namespace

CheckGroup check_filters(const SystemRoot& root, const RunningProcesses& running, bool ask) {
  CheckGroup group{"seccomp filters", {}};
  Names told;
  if (const auto units = systemd_runs() ? running_services() : std::nullopt) {
    group.checks = check_services(root, *units);
    for (const SystemdUnit& unit : *units)
      if (unit.refuses_mseal)
        told.insert(unit.name);
  }
  const bool system_wide = !preloaded_library(root).empty();
  for (Check& check : describe(sort_out(running, told, ask, system_wide)))
    group.checks.push_back(std::move(check));
  return group;
}

} // namespace sealwax::cli
