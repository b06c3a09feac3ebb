// SPDX-License-Identifier: Apache-2.0
// Looking at the processes that `status` is asked about.
#pragma once

#include "cli/inspection/status_report.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

/// Which processes, and what about them.
struct StatusQuestion {
  std::vector<pid_t> pids;         ///< empty: all but kernel threads
  std::optional<std::string> unit; ///< only those in this unit or slice of systemd
  std::optional<uid_t> user;       ///< only this user's
  std::optional<double> threshold; ///< percent
  bool maps = false;
  pid_t without = 0;            ///< of all, not this one: whoever asks, say
  bool silent = false;          ///< nothing is said on stderr
  bool require_enforce = false; ///< that a policy wants nothing sealed is a finding
};

/// Looks at each, tells `report`, and returns the exit code.
[[nodiscard]] int look_at_processes(const StatusQuestion& question, StatusReport& report);

} // namespace sealwax::cli
