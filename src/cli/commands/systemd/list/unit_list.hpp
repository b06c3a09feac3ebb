// SPDX-License-Identifier: Apache-2.0
// sealwax systemd --list: how each running service is sealed.
#pragma once

#include "cli/commands/systemd/options.hpp"

#include <map>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// How exposed each unit is, by the JSON of `systemd-analyze security`; none where it is no such
/// text. Pure.
[[nodiscard]] std::map<std::string, std::string> exposures(std::string_view json);

/// What brings the library into a unit's programs, by its drop-in and the system's list. Pure.
[[nodiscard]] std::string layers_of(std::string_view drop_in, bool in_systems_list);

/// One line each; an ExitCode.
[[nodiscard]] int list_units(const SystemdOptions& options);

} // namespace sealwax::cli
