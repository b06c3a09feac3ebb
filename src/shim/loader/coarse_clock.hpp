// SPDX-License-Identifier: Apache-2.0
// Time without a system call.
#pragma once

#include "model/range.hpp"

#include <optional>

namespace sealwax::shim {

/// The vdso's clock. CLOCK_MONOTONIC_COARSE is what the kernel's tick left in memory, so that no
/// clock source of any machine makes it a system call, which a filter could forbid (lib/vdso/
/// gettimeofday.c, do_coarse).
class CoarseClock {
public:
  /// Finds it in the vdso that was loaded at `vdso`, 0 where there is none.
  static CoarseClock find(Address vdso);

  /// Seconds that nobody sets back. Empty: there is no such clock.
  [[nodiscard]] std::optional<long> seconds() const;

private:
  Address function_ = 0;
};

} // namespace sealwax::shim
