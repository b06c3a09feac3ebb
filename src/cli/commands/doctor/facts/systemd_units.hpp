// SPDX-License-Identifier: Apache-2.0
// The running services of systemd, and what they say about preloading and system calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct SystemdUnit {
  std::string name;
  bool preloads = false;      ///< Environment= sets LD_PRELOAD to the library
  bool refuses_mseal = false; ///< by SystemCallFilter=
};

/// Of the text of `systemctl show --property=Id,Environment,SystemCallFilter`, by name. Pure.
[[nodiscard]] std::vector<SystemdUnit> parse_units(std::string_view text);

/// Whether systemd is this system's init (sd_booted(3)).
[[nodiscard]] bool systemd_runs();

/// The services that run. nullopt: systemctl does not answer.
[[nodiscard]] std::optional<std::vector<SystemdUnit>> running_services();

} // namespace sealwax::cli
