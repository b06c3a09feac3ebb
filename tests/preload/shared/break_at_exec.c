// SPDX-License-Identifier: Apache-2.0
// Starts itself anew, stops it at its exec as a debugger does, and sets a breakpoint there.
#include "objects.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__x86_64__)
static const unsigned long breakpoint = 0xcc, width = 0xff; // int3
#else
static const unsigned long breakpoint = 0xd4200000, width = 0xffffffff; // brk #0
#endif

/// Begins with an instruction that nobody misses: on x86-64 the program goes on behind it.
int probed(void);
__asm__(".text\n"
        ".globl probed\n"
        ".type probed, %function\n"
        "probed: nop\n"
#if defined(__x86_64__)
        "mov $42, %eax\n"
#else
        "mov w0, #42\n"
#endif
        "ret\n");

static unsigned long entry_of(pid_t process) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/auxv", process);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  unsigned long pair[2] = {0, 0};
  while (read(file, pair, sizeof pair) == sizeof pair && pair[0] != AT_ENTRY) {
  }
  close(file);
  return pair[1];
}

static int stop_signal(pid_t process) {
  int status;
  waitpid(process, &status, 0);
  return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

int main(int count, char** words) {
  if (count > 1) {
    printf("probed: %d\n", probed());
    return 0;
  }
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execl("/proc/self/exe", words[0], "traced", (char*)NULL);
    _exit(1);
  }
  stop_signal(child); // at the exec
  const unsigned long there = (unsigned long)probed - getauxval(AT_ENTRY) + entry_of(child);
  const unsigned long before = (unsigned long)ptrace(PTRACE_PEEKTEXT, child, (void*)there, NULL);
  ptrace(PTRACE_POKETEXT, child, (void*)there, (void*)((before & ~width) | breakpoint));
  ptrace(PTRACE_CONT, child, NULL, NULL);
  say(stop_signal(child) == SIGTRAP ? "stopped at the breakpoint\n" : "not stopped\n");
  ptrace(PTRACE_POKETEXT, child, (void*)there, (void*)before);
  ptrace(PTRACE_CONT, child, NULL, NULL);
  int status;
  waitpid(child, &status, 0);
  say("exit ", decimal(WIFEXITED(status) ? WEXITSTATUS(status) : -1), "\n");
}
