// SPDX-License-Identifier: Apache-2.0
// The drop-in that has a service preload the library.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/commands/systemd/unit/syscall_filter.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// Its first words, by which sealwax knows it again.
inline constexpr std::string_view kDropInMark = "# Written by sealwax systemd.";

/// What brings the library into the service's programs.
enum class Layers : std::uint8_t {
  variable,          ///< LD_PRELOAD
  variable_and_list, ///< and an /etc/ld.so.preload of the unit's own
};

/// Where the /etc/ld.so.preload of a unit lies on the system's side.
[[nodiscard]] std::string own_list_path(const Unit& unit);

/// What it says: what the system's own does, and the library. Pure.
[[nodiscard]] std::string own_list(const std::string& library, std::string_view systems);

struct DropIn {
  std::string preload; ///< what LD_PRELOAD holds
  std::string text;
};

/// For `unit`, which is as it is without one. Pure.
[[nodiscard]] DropIn make_drop_in(const Unit& unit, const std::string& library,
                                  const std::string& policy, const CallSets& sets, Layers layers);

/// What has a unit fail to start where `tool`, the path of sealwax, finds something unsealed.
/// Throws CommandError for a unit that nobody can look at in time. Pure.
[[nodiscard]] std::string require_lines(const Unit& unit, const std::string& tool);

/// Whether a drop-in's text has such lines. Pure.
[[nodiscard]] bool fails_closed(std::string_view drop_in);

/// What has a unit start `commands` in place of its own; nothing where there are none. Pure.
[[nodiscard]] std::string start_lines(const std::vector<std::string>& commands);

} // namespace sealwax::cli
