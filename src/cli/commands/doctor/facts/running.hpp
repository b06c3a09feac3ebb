// SPDX-License-Identifier: Apache-2.0
// Running processes, as far as `doctor` wants to know them.
#pragma once

#include "cli/process/preload/preload_elsewhere.hpp"
#include "model/mapping/verdict.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sealwax::cli {

struct Running {
  pid_t pid = 0;
  std::string owner;     ///< its systemd unit, or the path of what it runs
  bool preloads = false; ///< its LD_PRELOAD names the library
  bool loaded = false;   ///< the library is mapped
  bool sealed = false;   ///< the library is mapped, and something is sealed
  /// What it is against its policy, where the library is mapped.
  MappingVerdict verdict = MappingVerdict::unknown;
  bool lost_preload = false; ///< its unit's own /etc/ld.so.preload is gone
  bool filtered = false;     ///< it is under a seccomp filter
  PreloadElsewhere elsewhere = PreloadElsewhere::nothing_missing;
  Elsewhere place = Elsewhere::sandbox; ///< where something is missing
  std::string program;                  ///< what it runs, for people

  [[nodiscard]] bool wants_nothing() const {
    return verdict == MappingVerdict::observed || verdict == MappingVerdict::off;
  }
};

struct RunningProcesses {
  std::vector<Running> processes; ///< ascending, without kernel threads
  std::size_t denied = 0;         ///< how many could not be looked at
};

/// Throws ProcessError where /proc cannot be listed.
[[nodiscard]] RunningProcesses running_processes();

} // namespace sealwax::cli
