// SPDX-License-Identifier: Apache-2.0
// One thread that this process traces, see ptrace(2).
#pragma once

#include "cli/arch/arch.hpp"
#include "model/range.hpp"

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

/// A system call, as a tracee is about to make it.
struct SystemCall {
  bool native = false; ///< false: made by another of the processor's ways (32 bits), numbers differ
  std::uint64_t number = 0;
  std::uint64_t arguments[6] = {};
  Address instruction = 0;       ///< behind the instruction that makes it
  std::uint32_t filter_data = 0; ///< what the seccomp filter that picked it says (SECCOMP_RET_DATA)
};

/// The signal of a stop under PTRACE_SYSCALL, with PTRACE_O_TRACESYSGOOD.
inline constexpr int kSystemCallStop = SIGTRAP | 0x80;

/// waitpid(2) for a thread that will have stopped in a moment: awake at first, because to wake up
/// an idle processor takes longer than a system call of the thread's.
[[nodiscard]] pid_t wait_awake(pid_t thread, int& status);

/// Valid while the thread is stopped. Everything throws: TraceeGone, else std::runtime_error.
class Tracee {
public:
  explicit Tracee(pid_t thread) : thread_(thread) {}

  [[nodiscard]] pid_t thread() const { return thread_; }

  /// `request` is PTRACE_CONT, PTRACE_LISTEN, PTRACE_SYSCALL or PTRACE_DETACH. Does not throw
  /// TraceeGone.
  void resume(int request, int signal) const;

  [[nodiscard]] arch::Registers registers() const;
  void set_registers(const arch::Registers& registers) const;
  /// Of another of the processor's sets (NT_X86_XSTATE, NT_PRFPREG; elf.h), as the kernel has it.
  [[nodiscard]] std::vector<std::byte> register_set(unsigned type) const;
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
  /// The aligned word around an address.
  struct Word {
    std::uint8_t bytes[sizeof(long)];
    std::size_t skip;   ///< bytes in front of the address
    std::size_t usable; ///< bytes from the address on
  };
  Word read_word(Address at) const;

  pid_t thread_;
};

} // namespace sealwax::cli
