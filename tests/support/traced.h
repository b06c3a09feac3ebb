// SPDX-License-Identifier: Apache-2.0
// Which system calls a piece of this program makes, seen by a tracer.
#pragma once

#include "raw.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

struct call_list {
  size_t count;
  long numbers[256];
};

/// Closing this descriptor, which nobody has, marks the beginning and the end.
enum { no_descriptor = -4242 };

static inline long number_at_stop(pid_t child, bool* is_mark) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0 ||
      info.op != PTRACE_SYSCALL_INFO_ENTRY) {
    return -1;
  }
  *is_mark = info.entry.nr == SYS_close && (int)info.entry.args[0] == no_descriptor;
  return (long)info.entry.nr;
}

static inline void mark_calls(void) {
  raw3(SYS_close, no_descriptor, 0, 0);
}

/// Lists the system calls between the marks of a child that wants to be traced and has stopped.
static inline void list_calls(pid_t child, struct call_list* list) {
  list->count = 0;
  int status;
  waitpid(child, &status, 0);
  // Without it a stop does not tell that it is a system call's.
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
  ptrace(PTRACE_SYSCALL, child, 0, 0);
  unsigned marks = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    bool is_mark = false;
    const long number = number_at_stop(child, &is_mark);
    marks += is_mark;
    if (number >= 0 && !is_mark && marks == 1 &&
        list->count < sizeof list->numbers / sizeof *list->numbers) {
      list->numbers[list->count++] = number;
    }
    ptrace(PTRACE_SYSCALL, child, 0, 0);
  }
}

/// Runs `piece()` in a child and lists the system calls that it makes.
static inline void trace_calls(void (*piece)(void), struct call_list* list) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    mark_calls();
    piece();
    mark_calls();
    _exit(0);
  }
  list_calls(child, list);
}
