// SPDX-License-Identifier: Apache-2.0
// Limits that somebody else set.
#pragma once

#include "shim/kernel/kernel.hpp"

#include <sys/resource.h>

namespace sealwax::shim {

/// What the caller of a set-user-ID program leaves it of address space and data, put aside for as
/// long as this lives: a copy that finds no room would leave RELRO where the policy does not want
/// it. Does nothing before `lift`. Async-signal-safe; the limits are the whole process's.
class LiftedLimits {
public:
  explicit LiftedLimits(Kernel& kernel) : kernel_(kernel) {}
  /// Puts them back as they were.
  ~LiftedLimits();
  LiftedLimits(const LiftedLimits&) = delete;
  LiftedLimits& operator=(const LiftedLimits&) = delete;

  /// Away with the limit where the process has the right (CAP_SYS_RESOURCE), else as far as anybody
  /// may raise it. False where nothing was changed, as outside AT_SECURE.
  bool lift();

private:
  struct Limit {
    int resource;
    rlimit before{};
    bool changed = false;
  };

  Kernel& kernel_;
  Limit limits_[2] = {{RLIMIT_AS}, {RLIMIT_DATA}};
};

} // namespace sealwax::shim
