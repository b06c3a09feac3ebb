// SPDX-License-Identifier: Apache-2.0
#include "outside/calls/remote_calls.hpp"

#include "outside/kernel/kernel_call.hpp"
#include "outside/kernel/proc_text.hpp"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace sealwax::outside {
namespace {

/// What an instruction raises, blocked or not.
bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGTRAP ||
         signal == SIGFPE;
}

/// Of the whole process and of the thread (proc_pid_status(5)).
bool continue_awaits(int thread) {
  ProcText<4096> status{thread, "status"};
  const std::uint64_t pending = hexadecimal_behind(status.text(), "\nShdPnd:\t") |
                                hexadecimal_behind(status.text(), "\nSigPnd:\t");
  return (pending >> (SIGCONT - 1) & 1) != 0;
}

} // namespace

RemoteCalls::RemoteCalls(TracedThread& thread, const GoingOn& on,
                         const CallInstructions& instructions)
    : thread_(thread), on_(on), signal_mask_(thread.signal_mask()),
      call_at_(instructions.call_and_return != 0 ? instructions.call_and_return
                                                 : instructions.call_alone),
      from_here_(on.now), mask_in_force_(signal_mask_) {
  if (call_at_ == 0)
    thread_.fail("make it call the kernel: it has no instruction for that", -ENOEXEC);
  else
    lay_way_back(instructions);
}

void RemoteCalls::lay_way_back(const CallInstructions& instructions) {
  WayBack back;
  if (!make_way_back(thread_, on_.alone, signal_mask_, instructions, back) ||
      !write(back.at, {back.bytes, back.size}))
    return;
  from_here_ = back.registers;
  goes_back_alone_ = true;
}

long RemoteCalls::call(long number, const std::array<std::uint64_t, 6>& arguments) {
  if (thread_.is_in_exec() && !wait_for_call_stop())
    return -thread_.error();
  arch::Registers prepared = from_here_;
  arch::prepare_call(prepared, call_at_, number, arguments);
  thread_.set_registers(prepared);
  block_signals(~std::uint64_t{0});
  if (wait_for_call_stop() && wait_for_call_stop())
    return thread_.answer();
  return -thread_.error();
}

arch::Registers RemoteCalls::run(Address at, Address end, int signal) {
  arch::Registers prepared = from_here_;
  arch::Script::begin(prepared, at);
  thread_.set_registers(prepared);
  block_signals(~(std::uint64_t{1} << (signal - 1)));
  return wait_for_signal_at(end, signal);
}

/// Only where the thread stands on its way back, which ends with its own mask.
void RemoteCalls::block_signals(std::uint64_t mask) {
  if (mask != mask_in_force_)
    thread_.set_signal_mask(mask);
  mask_in_force_ = mask;
}

/// Where that fails nothing is known of how far it came, and so nothing.
arch::Registers RemoteCalls::wait_for_signal_at(Address place, int signal) {
  while (thread_.error() == 0) {
    thread_.resume(PTRACE_CONT, 0);
    int status = 0;
    if (wait_asleep(thread_.thread(), status) < 0 || !WIFSTOPPED(status)) {
      thread_.fail("make it call the kernel", -ESRCH);
    } else if (status >> 16 == 0 && WSTOPSIG(status) == signal) {
      const arch::Registers registers = thread_.registers();
      if (arch::program_counter(registers) == place)
        return registers;
    } else if (status >> 16 == 0 && is_fault(WSTOPSIG(status))) {
      end();
      thread_.fail("make it call the kernel: the instructions for that end in a fault", -EFAULT);
    } else {
      stop_awaits_ |= status >> 16 == 0 && WSTOPSIG(status) == SIGSTOP;
    }
  }
  return {};
}

/// Signals are blocked, so that but for SIGKILL only a SIGSTOP can come in between.
bool RemoteCalls::wait_for_call_stop() {
  while (thread_.error() == 0) {
    thread_.resume(PTRACE_SYSCALL, 0);
    int status = 0;
    if (wait_awake(thread_.thread(), status) < 0 || !WIFSTOPPED(status)) {
      thread_.fail("make it call the kernel", -ESRCH);
    } else if (WSTOPSIG(status) == kSystemCallStop) {
      return true;
    } else if (status >> 16 == 0 && is_fault(WSTOPSIG(status))) {
      end();
      thread_.fail("make it call the kernel: its instruction for that ends in a fault", -EFAULT);
    } else {
      stop_awaits_ |= status >> 16 == 0 && WSTOPSIG(status) == SIGSTOP;
    }
  }
  return false;
}

bool RemoteCalls::write(Address at, Slice<const std::byte> bytes) {
  return thread_.write(at, bytes);
}

void RemoteCalls::end() {
  thread_.set_signal_mask(signal_mask_);
  thread_.set_registers(on_.now);
  // Not where it has been continued since; that takes an earlier stop back, but not a later one.
  if (stop_awaits_ && !continue_awaits(thread_.thread()))
    kernel_call(SYS_tgkill, thread_.thread(), thread_.thread(), SIGSTOP);
}

} // namespace sealwax::outside
