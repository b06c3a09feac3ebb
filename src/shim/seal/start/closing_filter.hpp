// SPDX-License-Identifier: Apache-2.0
// exec-gain = closed: a seccomp filter that looks at arguments, and refuses what PR_SET_MDWE does
// not.
#pragma once

#include "model/policy/policy.hpp"
#include "shim/kernel/seccomp_filter.hpp"

#include <cstdint>

namespace sealwax::shim {

class ClosingFilter {
public:
  /// Finds out whether the filter can be installed, and sets no-new-privileges where that is what
  /// it takes. What is refused is known beforehand, since how many filters there are is written
  /// down before the last of them is made.
  static ClosingFilter prepare(Kernel& kernel, const Settings& settings, bool gained_rights);

  /// How many filters it adds to those that are there.
  [[nodiscard]] std::uint32_t filters() const { return state_ == State::ready ? 1 : 0; }

  /// The last thing that is done at the start: moving text takes what it refuses. Returns an errno
  /// value.
  [[nodiscard]] int install(Kernel& kernel) const;

private:
  enum class State : std::uint8_t { unwanted, there_already, ready, impossible };

  State state_ = State::unwanted;
  int error_ = 0;
};

} // namespace sealwax::shim
