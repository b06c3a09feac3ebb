// SPDX-License-Identifier: Apache-2.0
// System calls that another process is made to make.
#pragma once

#include "outside/calls/call_instructions.hpp"
#include "outside/calls/interrupted_call.hpp"
#include "outside/calls/traced_thread.hpp"
#include "outside/calls/way_back.hpp"

#include <array>
#include <cstdint>

namespace sealwax::outside {

/// Makes calls in a thread that this process traces (PTRACE_SEIZE, PTRACE_O_TRACESYSGOOD) and that
/// has stopped outside of a system call, or stands in its exec, and then puts it back. Should this
/// process be killed in between, the thread goes back by itself where the process has the
/// instructions for that (goes_back_alone()). What goes wrong is the thread's error().
class RemoteCalls {
public:
  /// `on`: how the thread is to go on in the end. Its signals wait for that.
  RemoteCalls(TracedThread& thread, const GoingOn& on, const CallInstructions& instructions);
  RemoteCalls(const RemoteCalls&) = delete;
  RemoteCalls& operator=(const RemoteCalls&) = delete;

  [[nodiscard]] bool goes_back_alone() const { return goes_back_alone_; }
  /// The thread's own, to which it is put back.
  [[nodiscard]] const arch::Registers& goes_on_with() const { return on_.now; }
  [[nodiscard]] std::uint64_t signal_mask() const { return signal_mask_; }

  /// The kernel's answer: -errno where the call failed, or where the thread could not make it.
  [[nodiscard]] long call(long number, const std::array<std::uint64_t, 6>& arguments);
  /// Has the thread run a script by itself, which lies at `at`, raises `signal` and then stands at
  /// `end`, and stops it there. Where it goes back alone. Its registers then, which tell how far it
  /// came. A signal of that number that anybody else sends meanwhile is lost: not where one
  /// matters.
  [[nodiscard]] arch::Registers run(Address at, Address end, int signal);
  /// False: not all of it could be written.
  [[nodiscard]] bool write(Address at, Slice<const std::byte> bytes);

  /// Puts the thread back, which stays stopped.
  void end();

private:
  [[nodiscard]] bool wait_for_call_stop();
  void block_signals(std::uint64_t mask);
  [[nodiscard]] arch::Registers wait_for_signal_at(Address end, int signal);
  void lay_way_back(const CallInstructions& instructions);

  TracedThread& thread_;
  GoingOn on_;
  std::uint64_t signal_mask_;
  Address call_at_;
  arch::Registers from_here_; ///< from where a return leads back, where it goes back alone
  bool goes_back_alone_ = false;
  std::uint64_t mask_in_force_;
  bool stop_awaits_ = false; ///< a SIGSTOP came, which waits as well
};

} // namespace sealwax::outside
