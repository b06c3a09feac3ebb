// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/doctor.hpp"
#include "cli/commands/doctor/facts/running.hpp"
#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

namespace sealwax::cli {
namespace {

/// The processes of one unit or program that miss the same, in the same kind of place.
struct Group {
  std::size_t processes = 0;
  pid_t first = 0;
};

using Key = std::tuple<Elsewhere, std::string, PreloadElsewhere>;

std::string_view name_of(Elsewhere place) {
  switch (place) {
  case Elsewhere::flatpak:
    return "flatpak";
  case Elsewhere::snap:
    return "snap";
  case Elsewhere::container:
    return "container";
  case Elsewhere::unit:
    return "unit";
  case Elsewhere::root_directory:
    return "root directory";
  case Elsewhere::sandbox:
    break;
  }
  return "sandbox";
}

std::string remedy_for(Elsewhere place, const std::string& whose) {
  constexpr std::string_view kNow = "'sealwax seal' seals what runs";
  switch (place) {
  case Elsewhere::flatpak:
    return fmt::format("flatpak override --env=LD_PRELOAD=FILE, of a copy of the library that the "
                       "application sees; {}",
                       kNow);
  case Elsewhere::snap:
    return std::string{kNow};
  case Elsewhere::container:
    return fmt::format("put the library and the list into its image, or mount both into it "
                       "(scripts/deploy has examples); {}",
                       kNow);
  case Elsewhere::unit:
    return fmt::format("sealwax systemd {}, and restart it", printable(whose));
  case Elsewhere::root_directory:
    return fmt::format("sealwax install --root DIR, of that root directory; {}", kNow);
  case Elsewhere::sandbox:
    break;
  }
  return fmt::format("have whoever makes the sandbox bind the library and /etc/ld.so.preload into "
                     "it (bwrap --ro-bind), or set LD_PRELOAD there; {}",
                     kNow);
}

Check check_group(const Key& key, const Group& group) {
  const auto& [place, whose, preload] = key;
  const std::string who = group.processes == 1
                              ? fmt::format("{}, PID {}", printable(whose), group.first)
                              : fmt::format("{}, {} processes, PID {} for one", printable(whose),
                                            group.processes, group.first);
  return finding(std::string{name_of(place)}, fmt::format("{}: {}", who, describe(preload)),
                 remedy_for(place, whose));
}

} // namespace

CheckGroup check_elsewhere(const RunningProcesses& running) {
  std::map<Key, Group> groups;
  for (const Running& process : running.processes) {
    if (process.elsewhere == PreloadElsewhere::nothing_missing)
      continue;
    const std::string& whose = process.place == Elsewhere::unit ? process.owner : process.program;
    Group& group = groups[{process.place, whose, process.elsewhere}];
    group.processes += 1;
    if (group.first == 0)
      group.first = process.pid;
  }
  CheckGroup result{"with an /etc of its own", {}};
  for (const auto& [key, group] : groups)
    result.checks.push_back(check_group(key, group));
  return result;
}

} // namespace sealwax::cli
