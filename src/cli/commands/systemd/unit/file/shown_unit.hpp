// SPDX-License-Identifier: Apache-2.0
// A unit as the systemd that runs has it, which knows what no file says.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// `by_files` with what `shown`, an answer of `systemctl show`, says of the places that are mounted
/// for it. nullopt: what systemd has is not what the files say. Pure.
[[nodiscard]] std::optional<Unit> with_places_shown(Unit by_files, std::string_view shown);

struct SettledUnit {
  Unit unit;
  std::string why_by_files; ///< empty: it is as systemd has it
};

/// Of the system below `root`.
[[nodiscard]] SettledUnit settled_unit(const SystemRoot& root, const Unit& by_files);

} // namespace sealwax::cli
