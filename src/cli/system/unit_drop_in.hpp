// SPDX-License-Identifier: Apache-2.0
// The drop-in by which Sealwax seals a service of systemd: what it is called, and where it is.
#pragma once

#include "cli/system/system_root.hpp"

#include <string>

namespace sealwax::cli {

inline constexpr const char* kUnitFolder = "/etc/systemd/system";
inline constexpr const char* kDropInName = "50-sealwax.conf";

/// As the system itself names it.
[[nodiscard]] std::string drop_in_path(const std::string& unit);

/// `a@.service` of `a@b.service`; nothing of a unit that is no instance. Pure.
[[nodiscard]] std::string template_of(const std::string& unit);

/// The text of a unit's drop-in, which an instance can have from its template. Empty: none.
[[nodiscard]] std::string drop_in_of(const SystemRoot& root, const std::string& unit);

} // namespace sealwax::cli
