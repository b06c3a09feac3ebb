// SPDX-License-Identifier: Apache-2.0
// A signal handler looks a symbol up while the interrupted thread unmaps a library, which the
// loader lists for a moment longer. The look at what came waits for the next load.
//
// policy:
//   sealwax-policy 1
//   [object libplain.so]
//   dlopen = skip
// with the shim, exit 0:
//   libhookless.so in the handler: open
//   libhookless.so behind the next load: sealed
//   ended with 0
// without it, exit 0:
//   libhookless.so in the handler: open
//   libhookless.so behind the next load: open
//   ended with 0
#include "objects.h"
#include "traced.h"

#include <dlfcn.h>

static void* code;
static const char* in_handler = "no signal came";

static void look_up(int number) {
  (void)number;
  dlsym(RTLD_DEFAULT, "getpid");
  in_handler = seal_of(code);
}

/// A library that comes without the load hook is what the dlsym looks for.
static int close_one(void) {
  void* const going = dlopen("libplain.so", RTLD_NOW);
  void* const coming = dlopen("libhookless.so", RTLD_NOW);
  if (going == NULL || coming == NULL) {
    return 1;
  }
  const struct object hookless = object_named("libhookless.so");
  code = text_of(&hookless);
  signal(SIGUSR1, look_up);
  mark_calls();
  dlclose(going);
  mark_calls();
  say("libhookless.so in the handler: ", in_handler, "\n");
  dlopen("libother_answer.so", RTLD_NOW);
  say("libhookless.so behind the next load: ", seal_of(code), "\n");
  return 0;
}

/// Sends the signal at the end of the first munmap between the marks.
static int interrupt(pid_t child) {
  int status;
  unsigned marks = 0;
  bool unmaps = false, sent = false;
  waitpid(child, &status, 0);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
  ptrace(PTRACE_SYSCALL, child, 0, 0);
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    bool is_mark = false;
    const int stop = WSTOPSIG(status);
    const long number = stop == (SIGTRAP | 0x80) ? number_at_stop(child, &is_mark) : -1;
    marks += is_mark;
    if (unmaps && !sent) {
      kill(child, SIGUSR1);
      sent = true;
    }
    unmaps = marks == 1 && number == SYS_munmap;
    ptrace(PTRACE_SYSCALL, child, 0, (stop & 0x7f) == SIGTRAP ? 0 : stop);
  }
  return status;
}

int main(int count, char** words) {
  (void)words;
  if (count > 1) {
    return close_one();
  }
  const pid_t child = fork();
  if (child == 0) { // a forked child does not look at what is loaded
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv("/proc/self/exe", (char*[]){"close_one", "now", NULL});
    _exit(1);
  }
  const int status = interrupt(child);
  say("ended with ", decimal(status), "\n");
}
