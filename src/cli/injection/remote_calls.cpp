// SPDX-License-Identifier: Apache-2.0
#include "cli/injection/remote_calls.hpp"

#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace sealwax::cli {
namespace {

/// What an instruction raises, blocked or not.
bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGTRAP ||
         signal == SIGFPE;
}

bool continue_awaits(pid_t thread) {
  const std::string status = Process{thread}.text("status").value_or("");
  return (pending_signals(status) >> (SIGCONT - 1) & 1) != 0;
}

} // namespace

RemoteCalls::RemoteCalls(const Tracee& thread, const GoingOn& on,
                         const CallInstructions& instructions)
    : thread_(thread), on_(on), signal_mask_(thread.signal_mask()),
      call_at_(instructions.call_and_return != 0 ? instructions.call_and_return
                                                 : instructions.call_alone) {
  if (call_at_ == 0)
    throw std::runtime_error("it has no instruction that makes a system call");
  lay_way_back(instructions);
}

void RemoteCalls::lay_way_back(const CallInstructions& instructions) {
  back_ = way_back(thread_, on_.alone, signal_mask_, instructions);
  if (back_ && !write(back_->at, back_->bytes))
    back_.reset();
}

long RemoteCalls::call(long number, const std::array<std::uint64_t, 6>& arguments) {
  arch::Registers prepared = back_ ? back_->registers : on_.now;
  arch::prepare_call(prepared, call_at_, number, arguments);
  thread_.set_registers(prepared);
  block_signals();
  wait_for_call_stop();
  wait_for_call_stop();
  return thread_.answer();
}

/// Only where the thread stands on its way back, which ends with its own mask.
void RemoteCalls::block_signals() {
  if (!std::exchange(blocks_signals_, true))
    thread_.set_signal_mask(~std::uint64_t{0});
}

/// Signals are blocked, so that but for SIGKILL only a SIGSTOP can come in between.
void RemoteCalls::wait_for_call_stop() {
  for (;;) {
    thread_.resume(PTRACE_SYSCALL, 0);
    int status = 0;
    const pid_t id = wait_awake(thread_.thread(), status);
    if (id < 0 || !WIFSTOPPED(status))
      throw TraceeGone("it has ended");
    if (WSTOPSIG(status) == kSystemCallStop)
      return;
    if (status >> 16 == 0 && is_fault(WSTOPSIG(status))) {
      end();
      throw std::runtime_error("its instruction that makes a system call ends in a fault");
    }
    stop_awaits_ |= status >> 16 == 0 && WSTOPSIG(status) == SIGSTOP;
  }
}

bool RemoteCalls::write(Address at, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const iovec here{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const iovec there{reinterpret_cast<void*>(at), bytes.size()};
    const ssize_t done = process_vm_writev(thread_.thread(), &here, 1, &there, 1, 0);
    if (done <= 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    at += static_cast<Address>(done);
  }
  return true;
}

void RemoteCalls::end() {
  thread_.set_signal_mask(signal_mask_);
  thread_.set_registers(on_.now);
  // Not where it has been continued since; that takes an earlier stop back, but not a later one.
  if (stop_awaits_ && !continue_awaits(thread_.thread()))
    syscall(SYS_tgkill, thread_.thread(), thread_.thread(), SIGSTOP);
}

bool call_failed(long answer) {
  return answer < 0 && answer > -4096;
}

std::string why_not(std::string_view what, Range range, long answer) {
  return fmt::format("cannot {} {:x}-{:x}: {}", what, range.begin, range.end,
                     std::strerror(static_cast<int>(-answer)));
}

} // namespace sealwax::cli
