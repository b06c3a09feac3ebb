// SPDX-License-Identifier: Apache-2.0
// sealwax systemd --all-services --dry-run: which services of a host to seal first.
#pragma once

#include "cli/commands/systemd/options.hpp"
#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include <cstddef>
#include <string>

namespace sealwax::cli {

/// What can come of a service that does not start again: the more, the later its turn.
struct UnitRisk {
  int level = 0; ///< 0 low, 1 middle, 2 high
  std::string reason;
};

/// Of a unit that `needed_by` others cannot be without, and in which so much keeps it from being
/// sealed. Pure.
[[nodiscard]] UnitRisk risk_of(const Unit& unit, std::size_t needed_by, std::size_t obstacles);

/// A line for each service that there is, in the order of least risk; an ExitCode.
[[nodiscard]] int plan_host(const SystemdOptions& options);

} // namespace sealwax::cli
