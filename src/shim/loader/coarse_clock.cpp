// SPDX-License-Identifier: Apache-2.0
#include "shim/loader/coarse_clock.hpp"

#include "shim/kernel/arch/arch.hpp"
#include "shim/loader/loader.hpp"

#include <ctime>

namespace sealwax::shim {

CoarseClock CoarseClock::find(Address vdso) {
  CoarseClock clock;
  if (vdso != 0)
    clock.function_ = object_at(vdso).dynamic().function(arch::kVdsoClock);
  return clock;
}

std::optional<long> CoarseClock::seconds() const {
  using Function = int (*)(int, timespec*);
  timespec time{};
  if (function_ == 0 || reinterpret_cast<Function>(function_)(CLOCK_MONOTONIC_COARSE, &time) != 0)
    return std::nullopt;
  return time.tv_sec;
}

} // namespace sealwax::shim
