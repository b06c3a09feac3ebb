// SPDX-License-Identifier: Apache-2.0
// What became of the reports.
#pragma once

#include "shim/state/held_counts.hpp"

#include <atomic>
#include <cstdint>

namespace sealwax::shim {

/// A report that cannot be written at once is dropped, and the next one that gets out says how many
/// were. Lock-free; threads that report at the same time may tell of the same dropped one twice.
struct ReportCounters {
  /// Those of the process's dropped ones (Counts::dropped_reports) that a report has told of.
  std::atomic<std::uint64_t> dropped_told = 0;
  /// What was written last lacks its end, so the next line begins with one.
  std::atomic<bool> torn = false;
  std::atomic<std::uint32_t> process = 0; ///< whose counts these are

  /// A forked child counts anew: what its parent dropped, its parent tells.
  void belong_to(std::uint32_t pid) {
    if (const std::uint32_t counted = process.exchange(pid); counted != 0 && counted != pid)
      held_counts.dropped_reports = dropped_told = 0;
  }
};

} // namespace sealwax::shim
