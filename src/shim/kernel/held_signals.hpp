// SPDX-License-Identifier: Apache-2.0
// A stretch of a thread's work that its signal handlers do not interrupt.
#pragma once

#include "shim/kernel/kernel.hpp"

namespace sealwax::shim {

/// What a thread sends to itself meanwhile, or is sent, it gets afterwards. Where a filter forbids
/// the calls for it nothing is held back.
class HeldSignals {
public:
  explicit HeldSignals(Kernel& kernel)
      : kernel_(kernel), held_(kernel.block_signals(before_).ok()) {}
  ~HeldSignals() {
    if (held_)
      kernel_.set_blocked_signals(before_);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

private:
  Kernel& kernel_;
  Signals before_;
  bool held_;
};

} // namespace sealwax::shim
