// SPDX-License-Identifier: Apache-2.0
#include "steps.hpp"

#include "outside/arch/arch.hpp"
#include "outside/kernel/kernel_call.hpp"

#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstdarg>
#include <unistd.h>

long death = -1;
long steps = 0;
bool slow = false;

namespace {

void step() {
  if (++steps == death)
    kill(getpid(), SIGKILL);
}

} // namespace

// In place of libc's: every call of the tool's comes by here.
extern "C" long ptrace(__ptrace_request request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  const long pid = va_arg(rest, pid_t);
  void* const address = va_arg(rest, void*);
  void* data = va_arg(rest, void*);
  va_end(rest);
  step();
  if (slow && (request == PTRACE_SEIZE || request == PTRACE_DETACH))
    usleep(3000);
  long word = 0;
  const bool peeks = request == PTRACE_PEEKDATA;
  const long answer = syscall(SYS_ptrace, request, pid, address, peeks ? &word : data);
  return answer < 0 || !peeks ? answer : word;
}

// Likewise in place of that of the room that traces.
long sealwax::outside::kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_ptrace || number == SYS_process_vm_writev || number == SYS_pwrite64)
    step();
  return arch::system_call(number, a, b, c, d, e, f);
}
