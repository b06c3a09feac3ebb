// SPDX-License-Identifier: Apache-2.0
// How a thread that was made to do something else goes back by itself.
#pragma once

#include "cli/injection/call_instructions.hpp"
#include "cli/tracing/tracee.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sealwax::cli {

/// What has to lie on a thread's stack, and the registers with which its next return leads through
/// rt_sigreturn(2) to where it was. A tracer's death leaves in force what it has set in the
/// thread's registers; with this the thread then goes back, registers, signal mask and all.
struct WayBack {
  Address at = 0;               ///< where `bytes` belong, below what the thread uses of its stack
  std::vector<std::byte> bytes; ///< a signal frame (sigreturn(2)), and what leads to it
  arch::Registers registers;    ///< the thread's, with the stack such that a return leads back
};

/// For a thread that shall go on with `registers` and `signal_mask`. nullopt: the instructions do
/// not lead back. Throws as Tracee does.
[[nodiscard]] std::optional<WayBack> way_back(const Tracee& thread,
                                              const arch::Registers& registers,
                                              std::uint64_t signal_mask,
                                              const CallInstructions& instructions);

} // namespace sealwax::cli
