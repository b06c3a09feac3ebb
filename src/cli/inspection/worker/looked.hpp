// SPDX-License-Identifier: Apache-2.0
// One look into a process, which may never come back: so it is done where it can be given up.
#pragma once

#include "cli/inspection/status_report.hpp"
#include "cli/process/procfs.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// What came of it.
struct Looked {
  ProcessStatus status;
  std::vector<std::string> doubts; ///< what keeps the verdict from being certain, as sentences
  /// It could not be looked at.
  std::optional<ProcessError::Kind> error;
  std::string message;
};

/// Looks by itself. `maps`: each mapping is wanted.
[[nodiscard]] Looked look_into(pid_t pid, bool maps);

[[nodiscard]] std::string packed(const Looked& looked);
/// Throws std::runtime_error.
[[nodiscard]] Looked unpacked(std::string_view bytes);

} // namespace sealwax::cli
