// SPDX-License-Identifier: Apache-2.0
// The files that a unit's EnvironmentFile= names.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

/// Those of one value, whose specifiers say what the unit is called and whose last component may be
/// a pattern. nullopt: it has other specifiers, which only systemd knows.
[[nodiscard]] std::optional<std::vector<std::string>>
environment_files(const SystemRoot& root, const std::string& unit, const std::string& value);

} // namespace sealwax::cli
