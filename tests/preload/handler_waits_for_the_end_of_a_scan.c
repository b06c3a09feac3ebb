// SPDX-License-Identifier: Apache-2.0
// A signal that comes while a late library is sealed is taken when that is done, and then it is
// taken: a handler that looked a symbol up in between would wait for a lock of the loader's whose
// holder can be waiting for the interrupted thread. The mask is what it was.
//
// with the shim, exit 0:
//   signal: sent in the scan, taken behind it
//   mask: as before
//   libplain.so: sealed
// without it, exit 0:
//   signal: not sent, since nothing is scanned
//   mask: as before
//   libplain.so: open
#include "objects.h"
#include "traced.h"

#include <dlfcn.h>
#include <string.h>

static void take(int number) {
  (void)number;
  raw3(SYS_getppid, 0, 0, 0);
}

static void load(void) {
  sigset_t before, after;
  memset(&before, 0, sizeof before);
  memset(&after, 0, sizeof after);
  signal(SIGUSR1, take);
  sigprocmask(SIG_SETMASK, NULL, &before);
  mark_calls();
  dlopen("libplain.so", RTLD_NOW);
  mark_calls();
  sigprocmask(SIG_SETMASK, NULL, &after);
  say("mask: ", memcmp(&before, &after, sizeof before) == 0 ? "as before" : "another", "\n");
  say_seals_of("libplain.so");
}

/// What the tracer sees of the signal that it sends at the first mseal.
static const char* fate_of_signal(pid_t child) {
  const char* fate = "not sent, since nothing is scanned";
  int status;
  bool sent = false, is_mark, scan_over = false;
  waitpid(child, &status, 0);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
  ptrace(PTRACE_SYSCALL, child, 0, 0);
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    const int stop = WSTOPSIG(status);
    const long number = stop == (SIGTRAP | 0x80) ? number_at_stop(child, &is_mark) : -1;
    if (number == SYS_mseal && !sent) {
      sent = true;
      fate = "sent in the scan, never taken";
      kill(child, SIGUSR1);
    }
    scan_over |= sent && number == SYS_rt_sigprocmask;
    if (number == SYS_getppid) {
      fate = scan_over ? "sent in the scan, taken behind it" : "sent in the scan, taken in it";
    }
    ptrace(PTRACE_SYSCALL, child, 0, stop == SIGUSR1 ? SIGUSR1 : 0);
  }
  return fate;
}

int main(void) {
  int ends[2];
  pipe(ends);
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    dup2(ends[1], STDOUT_FILENO);
    load();
    _exit(0);
  }
  close(ends[1]);
  say("signal: ", fate_of_signal(child), "\n");
  char text[256];
  const ssize_t size = read(ends[0], text, sizeof text - 1);
  text[size < 0 ? 0 : size] = 0;
  say(text);
}
