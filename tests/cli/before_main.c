// SPDX-License-Identifier: Apache-2.0
/* Preloaded behind the shim: its constructor does what BEFORE_MAIN says, which happens while
   `sealwax run --require` holds the program back. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note(int number) {
  char text[] = "signal ?\n";
  text[7] = number == SIGUSR1 ? '1' : number == SIGTRAP ? 'T' : '?';
  (void)!write(STDOUT_FILENO, text, sizeof text - 1);
}

static void block(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, NULL);
}

static void restart(void) {
  setenv("BEFORE_MAIN", "nothing", 1);
  execlp("sh", "sh", "-c", "echo restarted; exit 4", (char*)NULL);
}

static sigjmp_buf behind_fault;
static int* volatile nowhere = (int*)8;

static void caught(int number) {
  (void)number;
  siglongjmp(behind_fault, 1);
}

static void fault(void) {
  signal(SIGSEGV, caught);
  if (sigsetjmp(behind_fault, 1) == 0)
    *nowhere = 1;
  (void)!write(STDOUT_FILENO, "caught\n", 7);
}

__attribute__((constructor)) static void before_main(void) {
  const char* what = getenv("BEFORE_MAIN");
  /* The tool itself is preloaded too, by the same variable. */
  if (what == NULL || strcmp(program_invocation_short_name, "sealwax") == 0)
    return;
  if (strcmp(what, "usr1") == 0 || strcmp(what, "trap") == 0) {
    signal(SIGUSR1, note);
    signal(SIGTRAP, note);
    raise(strcmp(what, "usr1") == 0 ? SIGUSR1 : SIGTRAP);
  } else if (strcmp(what, "term") == 0) {
    raise(SIGTERM);
  } else if (strcmp(what, "stop") == 0) {
    raise(SIGSTOP);
  } else if (strcmp(what, "wait") == 0) {
    pause();
  } else if (strcmp(what, "block-usr2") == 0) {
    block(SIGUSR2);
  } else if (strcmp(what, "fault") == 0) {
    fault();
  } else if (strcmp(what, "exec") == 0) {
    restart();
  }
}
