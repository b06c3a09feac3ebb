// SPDX-License-Identifier: Apache-2.0
// Which system calls of a program its tracer sees.
#pragma once

#include <cstdint>

namespace sealwax::cli::learn {

/// How the tracer knows that it was this filter that picked a call (SECCOMP_RET_DATA).
inline constexpr std::uint16_t kFilterData = 0x5ea1;

/// Has the kernel stop this process's tracer, if it has one, at the calls that a seal or a denial
/// of new code could refuse, at those that ask for seals or the denial, and at ptrace(2); without a
/// tracer they fail with ENOSYS. Everything executed or forked from here on inherits it. Throws
/// CommandError.
void install_memory_filter();

} // namespace sealwax::cli::learn
