// SPDX-License-Identifier: Apache-2.0
// How a thread that was made to do something else goes back by itself.
#pragma once

#include "outside/calls/call_instructions.hpp"
#include "outside/calls/traced_thread.hpp"

#include <cstddef>
#include <cstdint>

namespace sealwax::outside {

/// What has to lie on a thread's stack, and the registers with which its next return leads through
/// rt_sigreturn(2) to where it was. A tracer's death leaves in force what it has set in the
/// thread's registers; with this the thread then goes back, registers, signal mask and all.
struct WayBack {
  /// More than a frame with the largest state that a processor has (AMX: 11 KiB).
  static constexpr std::size_t kMost = std::size_t{16} << 10;

  Address at = 0;            ///< where `bytes` belong, below what the thread uses of its stack
  std::size_t size = 0;      ///< how many there are
  std::byte bytes[kMost];    ///< a signal frame (sigreturn(2)), and what leads to it
  arch::Registers registers; ///< the thread's, with the stack such that a return leads back
};

/// For a thread that shall go on with `registers` and `signal_mask`. False: the instructions do not
/// lead back, or the thread has failed.
[[nodiscard]] bool make_way_back(TracedThread& thread, const arch::Registers& registers,
                                 std::uint64_t signal_mask, const CallInstructions& instructions,
                                 WayBack& back);

} // namespace sealwax::outside
