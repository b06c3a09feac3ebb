// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/systemd/unit/file/unit_places.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/system/unit_drop_in.hpp"

#include <cstdlib>

namespace sealwax::cli {
namespace {

/// What the variable says, or `otherwise` in the home folder (systemd.unit(5)).
std::string folder_of(const char* variable, const char* otherwise) {
  if (const char* const value = std::getenv(variable); value != nullptr && *value == '/')
    return value;
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/')
    throw CommandError("HOME names no folder; set it to where your units are");
  return std::string{home} + otherwise;
}

} // namespace

const UnitPlaces& systems_places() {
  // /lib is a link to /usr/lib, or is not and has units too.
  static const UnitPlaces places{
      {"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
       "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached",
       "/run/systemd/system", "/run/systemd/system.attached", "/run/systemd/generator",
       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
       "/run/systemd/generator.late"},
      kUnitFolder};
  return places;
}

UnitPlaces users_places() {
  const std::string own = folder_of("XDG_CONFIG_HOME", "/.config") + "/systemd/user";
  UnitPlaces places{{}, own};
  if (const char* const runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr)
    places.folders = {std::string{runtime} + "/systemd/transient",
                      std::string{runtime} + "/systemd/user"};
  for (const std::string& folder :
       {own, std::string{"/etc/systemd/user"}, std::string{"/run/systemd/user"},
        folder_of("XDG_DATA_HOME", "/.local/share") + "/systemd/user",
        std::string{"/usr/local/lib/systemd/user"}, std::string{"/usr/lib/systemd/user"}})
    places.folders.push_back(folder);
  return places;
}

} // namespace sealwax::cli
