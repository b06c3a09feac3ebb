// SPDX-License-Identifier: Apache-2.0
// What the seccomp filters of a running process answer to mseal(2).
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>

namespace sealwax::cli {

/// What a filter in classic BPF returns for a call (seccomp(2)), as the kernel runs it. nullopt:
/// it is none that the kernel would take, or divides by zero. Pure.
[[nodiscard]] std::optional<std::uint32_t> run_filter(std::span<const sock_filter> program,
                                                      const seccomp_data& call);

enum class FilterAnswer : std::uint8_t {
  allows,
  refuses, ///< with an error
  kills,
  unknown, ///< another process decides, or the filters may not be read
};

/// Of several filters the strictest decides; `action` is a filter's return value. Pure.
[[nodiscard]] FilterAnswer answer_of(std::uint32_t action);

/// Stops the process for a moment, as a debugger does, to read its filters, and runs them here.
/// A system call that it waits in can end with EINTR (ptrace(2)). Takes CAP_SYS_ADMIN, and a
/// caller that is under no filter itself.
[[nodiscard]] FilterAnswer ask_filters(pid_t pid);

} // namespace sealwax::cli
