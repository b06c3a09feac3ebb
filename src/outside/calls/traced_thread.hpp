// SPDX-License-Identifier: Apache-2.0
// One thread that this process traces, see ptrace(2).
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"
#include "outside/arch/arch.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>

namespace sealwax::outside {

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

/// wait4(2) for a thread that will have stopped in a moment: awake at first, because to wake up an
/// idle processor takes longer than a system call of the thread's. As kernel_call() answers.
[[nodiscard]] long wait_awake(int thread, int& status);
/// The same, asleep at once.
[[nodiscard]] long wait_asleep(int thread, int& status);

/// Valid while the thread is stopped. The first thing that fails is kept, and nothing is done
/// behind it: who goes through many steps asks once, at their end.
class TracedThread {
public:
  explicit TracedThread(int thread) : thread_(thread) {}

  [[nodiscard]] int thread() const { return thread_; }

  /// What went wrong, as an errno; ESRCH: it was killed, and the next wait tells. 0: nothing.
  [[nodiscard]] int error() const { return error_; }
  /// What could not be done then, to stand behind "cannot".
  [[nodiscard]] const char* failed_step() const { return step_; }
  void fail(const char* step, long answer);

  /// `request` is PTRACE_CONT, PTRACE_LISTEN, PTRACE_SYSCALL or PTRACE_DETACH. That it is gone is
  /// no failure of this. Also after a failure.
  void resume(int request, int signal);

  /// It stands at a PTRACE_EVENT_EXEC stop: it has its first registers, and the kernel has yet to
  /// put execve(2)'s answer, 0, into the one for it, where nothing else can stay. Until it goes on.
  void stands_in_exec() { in_exec_ = true; }
  [[nodiscard]] bool is_in_exec() const { return in_exec_; }

  [[nodiscard]] arch::Registers registers();
  void set_registers(const arch::Registers& registers);
  /// Another of the processor's sets (NT_X86_XSTATE, NT_PRFPREG; elf.h), as the kernel has it. How
  /// much there is of it.
  [[nodiscard]] std::size_t register_set(unsigned type, Slice<std::byte> into);

  [[nodiscard]] std::uint64_t signal_mask();
  void set_signal_mask(std::uint64_t mask);
  /// Of the signal that it is about to receive.
  [[nodiscard]] siginfo_t signal_info();

  /// Of a PTRACE_EVENT stop: the new thread's ID, or the former one's.
  [[nodiscard]] int event_message();
  /// At a PTRACE_EVENT_SECCOMP stop, or where it makes a call under PTRACE_SYSCALL.
  [[nodiscard]] SystemCall system_call();
  /// Of a stop under PTRACE_SYSCALL: whether the call has been made.
  [[nodiscard]] bool has_made_its_call();
  /// At the end of a system call: the kernel's answer, -errno where it failed.
  [[nodiscard]] long answer();
  /// At a PTRACE_EVENT_SECCOMP stop: the call is not made, and this is its answer.
  void answer_in_place_of_kernel(long answer);

  /// All of `into`, also where /proc/PID/mem does not show it; false: not all of it is there.
  [[nodiscard]] bool read(Address at, Slice<std::byte> into);
  /// Also where the program itself may not write, sealed or not: the kernel makes a private copy of
  /// the page.
  void poke(Address at, Slice<const std::uint8_t> bytes);
  /// Where the program may write. False: not all of it could be.
  [[nodiscard]] bool write(Address at, Slice<const std::byte> bytes);

private:
  [[nodiscard]] bool poke_by_file(Address at, Slice<const std::uint8_t> bytes) const;
  template <typename Info>
  void call_info(Info& info, const char* step);
  long request(int request, long address, long data, const char* step);

  int thread_;
  bool in_exec_ = false;
  int error_ = 0;
  const char* step_ = nullptr;
};

} // namespace sealwax::outside
