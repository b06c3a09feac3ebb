// SPDX-License-Identifier: Apache-2.0
// Workers that look into processes and never come back, on all of this host.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sealwax::cli {

/// More would fill the host with processes that nobody can end.
inline constexpr std::size_t kMostStuckWorkers = 4;

struct StuckWorker {
  pid_t pid = 0;
  pid_t target = 0; ///< the process that it looks into
};

/// What a worker that looks into `target` calls itself, by which later runs find it.
[[nodiscard]] std::string worker_name(pid_t target);

/// Those that earlier runs of this user, or this one, gave up and that are still there. A worker
/// whose process has ended and left its number to another is not counted as that one's.
[[nodiscard]] std::vector<StuckWorker> stuck_workers();

} // namespace sealwax::cli
