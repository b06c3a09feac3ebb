// attach PID TIMES [DEATH]: stops a process TIMES times, has its first thread make calls, and lets
// it go on. With DEATH this process kills itself at that step of the first time: before a call of
// ptrace(2) or of process_vm_writev(2), counted from 1, so that the process is left as it is then.
// Prints how many steps there were, or why there was none.
#include "cli/injection/call_instructions.hpp"
#include "cli/injection/remote_calls.hpp"
#include "cli/injection/stopped_process.hpp"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace {

long death = -1;
long steps = 0;

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
  long word = 0;
  const bool peeks = request == PTRACE_PEEKDATA;
  const long answer = syscall(SYS_ptrace, request, pid, address, peeks ? &word : data);
  return answer < 0 || !peeks ? answer : word;
}

extern "C" ssize_t process_vm_writev(pid_t pid, const iovec* here, unsigned long here_count,
                                     const iovec* there, unsigned long there_count,
                                     unsigned long flags) noexcept {
  step();
  return syscall(SYS_process_vm_writev, pid, here, here_count, there, there_count, flags);
}

namespace {

using namespace sealwax::cli;

/// False: it was at something at which it is left alone.
bool visit(const Process& process, const CallInstructions& instructions) {
  StoppedProcess stopped{process, std::chrono::seconds{2}};
  const Tracee& first = stopped.first();
  RemoteCalls calls{first, going_on(first.registers(), stopped.signal_awaits(first)), instructions};
  stopped.leave_first_alone();
  bool right = calls.goes_back_alone();
  for (int i = 0; i < 3 && right; ++i)
    right = calls.call(SYS_getpid, {}) == process.pid();
  calls.end();
  return right;
}

} // namespace

int main(int, char** arguments) {
  const Process process{std::atoi(arguments[1])};
  const int times = std::atoi(arguments[2]);
  const CallInstructions instructions = find_call_instructions(survey(process));
  death = arguments[3] != nullptr ? std::atol(arguments[3]) : -1;
  for (int done = 0; done < times;) {
    try {
      if (!visit(process, instructions)) {
        std::puts("a call had a wrong answer");
        return 1;
      }
      ++done;
    } catch (const Unwilling& reason) {
      if (!reason.may_change()) {
        std::puts(reason.what());
        return 1;
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds{500});
  }
  std::printf("%ld\n", steps);
  return 0;
}
