// SPDX-License-Identifier: Apache-2.0
// sealwax systemd --verify
#pragma once

#include "cli/commands/systemd/options.hpp"

namespace sealwax::cli {

/// What of the running service is sealed; an ExitCode.
[[nodiscard]] int verify_unit(const SystemdOptions& options);

} // namespace sealwax::cli
