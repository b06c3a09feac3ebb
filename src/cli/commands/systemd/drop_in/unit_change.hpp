// SPDX-License-Identifier: Apache-2.0
// What `sealwax systemd` changes: the drop-in of a unit, and what that names.
#pragma once

#include "cli/commands/systemd/options.hpp"

namespace sealwax::cli {

/// Writes, shows or removes it; an ExitCode. Throws CommandError.
[[nodiscard]] int change_unit(const SystemdOptions& options, ChangeReport& report);

} // namespace sealwax::cli
