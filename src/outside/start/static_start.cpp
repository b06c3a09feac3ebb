// SPDX-License-Identifier: Apache-2.0
#include "outside/start/static_start.hpp"

#include "outside/arch/arch.hpp"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace sealwax::outside {
namespace {

/// What static programs do before they make their RELRO constant (glibc, csu/libc-start.c). Whoever
/// does something else is beyond that, and not to be slowed down any longer.
constexpr std::array kCallsOfAStart = {
    SYS_brk,        SYS_mmap,      SYS_munmap,
    SYS_mprotect,   SYS_prlimit64, SYS_set_tid_address,
    SYS_rseq,       SYS_getrandom, SYS_set_robust_list,
    SYS_readlinkat, SYS_uname,     SYS_openat,
    SYS_read,       SYS_close,     SYS_prctl,
#if defined(__x86_64__)
    SYS_arch_prctl, SYS_readlink,
#endif
};
/// And a bound for it.
constexpr int kMostCalls = 100;

bool belongs_to_a_start(const SystemCall& call) {
  return call.native && std::find(kCallsOfAStart.begin(), kCallsOfAStart.end(),
                                  static_cast<long>(call.number)) != kCallsOfAStart.end();
}

bool makes_constant(const SystemCall& call, Range relro) {
  const Address at = call.arguments[0];
  return call.native && call.number == SYS_mprotect && call.arguments[2] == PROT_READ &&
         Range{at, at + call.arguments[1]}.contains(relro);
}

} // namespace

/// Asleep: who stays awake beside a program at work takes from its time.
bool StaticStart::wait_for_stop(int& status) {
  return program_.error() == 0 && wait_asleep(program_.thread(), status) > 0 && WIFSTOPPED(status);
}

bool StaticStart::run_to_exec() {
  int status = 0;
  while (wait_for_stop(status)) {
    const int signal = WSTOPSIG(status);
    switch (status >> 16) {
    case PTRACE_EVENT_EXEC:
      begin_in_exec();
      return true;
    case PTRACE_EVENT_STOP:
      program_.resume(signal == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, 0);
      break;
    default:
      program_.resume(PTRACE_CONT, signal);
      break;
    }
  }
  return false;
}

bool StaticStart::run_to_call_stop() {
  int signal = 0, request = PTRACE_SYSCALL;
  for (;;) {
    program_.resume(request, signal);
    int status = 0;
    if (!wait_for_stop(status))
      return false;
    if (WSTOPSIG(status) == kSystemCallStop)
      return true;
    const bool by_event = status >> 16 != 0;
    const bool group_stop = status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
    signal = by_event ? 0 : WSTOPSIG(status);
    request = group_stop ? PTRACE_LISTEN : PTRACE_SYSCALL;
  }
}

bool StaticStart::leave_exec() {
  return !program_.is_in_exec() || run_to_call_stop();
}

bool StaticStart::starts_as_with_musl() {
  std::array<std::uint8_t, arch::kMuslStart.size()> begin{};
  return program_.read(arch::program_counter(program_.registers()),
                       {reinterpret_cast<std::byte*>(begin.data()), begin.size()}) &&
         begin == arch::kMuslStart;
}

StaticStart::Relro StaticStart::run_to_first_call() {
  return leave_exec() && run_to_call_stop() && run_to_call_stop() ? Relro::complete : Relro::gone;
}

StaticStart::Relro StaticStart::run_to_constant(Range relro) {
  for (int calls = 0; calls < kMostCalls; ++calls) {
    if (!leave_exec() || !run_to_call_stop())
      return Relro::gone;
    const SystemCall call = program_.system_call();
    if (!belongs_to_a_start(call))
      return Relro::writable;
    if (!run_to_call_stop())
      return Relro::gone;
    if (makes_constant(call, relro) && program_.answer() == 0)
      return Relro::complete;
  }
  return Relro::writable;
}

StaticStart::Noticed StaticStart::run_to_notice(StartNotice& notice) {
  // glibc makes its first call when it has relocated itself.
  if (!notice.is_diverted()) {
    if (!leave_exec() || !run_to_call_stop())
      return Noticed::gone;
    if (!notice.divert(program_))
      return run_to_call_stop() ? Noticed::never : Noticed::gone;
  }
  int signal = 0, request = PTRACE_CONT;
  for (;;) {
    program_.resume(request, signal);
    int status = 0;
    if (!wait_for_stop(status) || status >> 16 == PTRACE_EVENT_EXEC)
      return Noticed::gone;
    const bool by_event = status >> 16 != 0;
    if (!by_event && notice.is_given(program_, WSTOPSIG(status)))
      break;
    const bool group_stop = status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
    signal = by_event ? 0 : WSTOPSIG(status);
    request = group_stop ? PTRACE_LISTEN : PTRACE_CONT;
  }
  notice.undo(program_);
  return Noticed::given;
}

} // namespace sealwax::outside
