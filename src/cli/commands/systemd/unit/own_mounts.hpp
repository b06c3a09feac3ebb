// SPDX-License-Identifier: Apache-2.0
// Whether a service can have mounts of its own.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include <string>
#include <string_view>

namespace sealwax::cli {

/// Why a unit is not given mounts of its own, as a predicate of the unit; empty: it can have them.
/// What a service mounts that has some is not seen outside of it (systemd.exec(5), PrivateMounts=),
/// so that those stay as they are from which people or containers start. Pure.
[[nodiscard]] std::string why_no_own_mounts(const Unit& unit);

/// The same of a unit of the calling user's own systemd, which mounts in a user namespace.
[[nodiscard]] std::string why_no_mounts_of_a_user(const SystemRoot& root, const Unit& unit);

/// Whether people's sessions or jobs start from it, whatever mounts it has. Pure.
[[nodiscard]] bool starts_sessions(const Unit& unit);

/// What is in front of the @ or the suffix in a unit's name. Pure.
[[nodiscard]] std::string_view stem_of(std::string_view name);

} // namespace sealwax::cli
