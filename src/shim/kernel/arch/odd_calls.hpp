// SPDX-License-Identifier: Apache-2.0
// The two calls whose arguments are not in the same registers everywhere.
#pragma once

#include "shim/kernel/arch/arch.hpp"

#include <sys/syscall.h>

namespace sealwax::shim::arch {

inline long map_call(long at, long size, long protection, long flags, long descriptor,
                     long offset) {
  if constexpr (kMapTakesBlock) {
    const long block[] = {at, size, protection, flags, descriptor, offset};
    return system_call(SYS_mmap, reinterpret_cast<long>(block));
  }
  return system_call(SYS_mmap, at, size, protection, flags, descriptor, offset);
}

/// clone(2) with nothing but flags.
inline long clone_call(long flags) {
  return kCloneTakesStackFirst ? system_call(SYS_clone, 0, flags) : system_call(SYS_clone, flags);
}

} // namespace sealwax::shim::arch
