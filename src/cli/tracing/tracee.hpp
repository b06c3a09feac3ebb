// SPDX-License-Identifier: Apache-2.0
// One thread that this process traces, see ptrace(2).
#pragma once

#include "cli/arch/arch.hpp"
#include "model/range.hpp"
#include "outside/calls/traced_thread.hpp"

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace sealwax::cli {

/// It was killed, though it had stopped and was not let go. The next wait tells.
class TraceeGone : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

using outside::kSystemCallStop;
using outside::SystemCall;

/// Throws what went wrong with a thread, if anything did: TraceeGone, else std::runtime_error.
void check(const outside::TracedThread& thread);

/// outside::TracedThread for who would rather have everything throw: TraceeGone, else
/// std::runtime_error. Valid while the thread is stopped.
class Tracee {
public:
  explicit Tracee(pid_t thread) : thread_(thread) {}

  [[nodiscard]] pid_t thread() const { return thread_; }

  /// `request` is PTRACE_CONT, PTRACE_LISTEN, PTRACE_SYSCALL or PTRACE_DETACH. Does not throw
  /// TraceeGone.
  void resume(int request, int signal) const;

  [[nodiscard]] arch::Registers registers() const;
  void set_registers(const arch::Registers& registers) const;
  void set_program_counter(Address at) const;

  [[nodiscard]] std::uint64_t signal_mask() const;
  void set_signal_mask(std::uint64_t mask) const;
  /// Of the signal that it is about to receive.
  [[nodiscard]] siginfo_t signal_info() const;

  /// Of a PTRACE_EVENT stop: the new thread's ID, or the former one's.
  [[nodiscard]] pid_t event_message() const;
  /// At a PTRACE_EVENT_SECCOMP stop, or where it makes a call under PTRACE_SYSCALL.
  [[nodiscard]] SystemCall system_call() const;
  /// Of a stop under PTRACE_SYSCALL: whether the call has been made.
  [[nodiscard]] bool has_made_its_call() const;
  /// At the end of a system call: the kernel's answer, -errno where it failed.
  [[nodiscard]] long answer() const;
  /// At a PTRACE_EVENT_SECCOMP stop: the call is not made, and this is its answer.
  void answer_in_place_of_kernel(long answer) const;

  /// All of `into`, also where /proc/PID/mem does not show it; false: not all of it is there.
  [[nodiscard]] bool read(Address at, std::span<std::byte> into) const;
  [[nodiscard]] std::vector<std::uint8_t> peek(Address at, std::size_t size) const;
  /// Also where the program itself may not write, sealed or not: the kernel makes a private copy of
  /// the page.
  void poke(Address at, std::span<const std::uint8_t> bytes) const;

private:
  template <typename Work>
  auto with_thread(Work work) const;

  pid_t thread_;
};

} // namespace sealwax::cli
