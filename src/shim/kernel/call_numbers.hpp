// SPDX-License-Identifier: Apache-2.0
// What the C library's headers may be too old to name. Call numbers from 424 on are the same on
// every architecture (Linux, Documentation/process/adding-syscalls.rst and the tables under
// scripts/).
#pragma once

#include <sys/syscall.h>

namespace sealwax::shim {

inline constexpr long kMseal = 462;        // Linux 6.10
inline constexpr long kOpenat2 = 437;      // Linux 5.6
inline constexpr long kIoUringSetup = 425; // Linux 5.1
#ifdef SYS_mseal
static_assert(SYS_mseal == kMseal);
#endif
#ifdef SYS_openat2
static_assert(SYS_openat2 == kOpenat2);
#endif

inline constexpr long kProcmapQuery =
    0xc0686611; // _IOWR('f', 17, struct procmap_query), linux/fs.h

} // namespace sealwax::shim
