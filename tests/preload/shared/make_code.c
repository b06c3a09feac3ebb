// SPDX-License-Identifier: Apache-2.0
// Tries to make new executable memory, as a compiler of code at run time does, in this process and
// in others that it starts. The argument `by prctl` or `by prctl, inherited` has it denied by the
// program itself first.
#include "names.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { set_mdwe = 65, refuse_exec_gain = 1, no_inherit = 2 }; // linux/prctl.h
enum {
  rw = PROT_READ | PROT_WRITE,
  rx = PROT_READ | PROT_EXEC,
  anonymous = MAP_PRIVATE | MAP_ANONYMOUS
};

static size_t page;

static void tell(const char* what, long result) {
  say("  ", what, ": ", libc_answer(result), "\n");
}

static void* written(void) {
  char* const code = mmap(NULL, page, rw, anonymous, -1, 0);
  *code = 1;
  let("written", (uintptr_t)code);
  return code;
}

static __attribute__((noinline)) void protect_written(void) {
  tell("written memory made code", mprotect(written(), page, rx));
}
static __attribute__((noinline)) void protect_with_key(void) {
  tell("the same with a key", pkey_mprotect(written(), page, rx, -1));
}
static __attribute__((noinline)) void protect_all(void) {
  tell("made code and kept writable", mprotect(written(), page, rw | PROT_EXEC));
}
static __attribute__((noinline)) void map_all(void) {
  tell("mapped writable and executable", (long)mmap(NULL, page, rw | PROT_EXEC, anonymous, -1, 0));
}
static __attribute__((noinline)) void map_code(void) {
  tell("mapped executable", (long)mmap(NULL, page, rx, anonymous, -1, 0));
}
static __attribute__((noinline)) void map_file(void) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  tell("a file mapped executable", (long)mmap(NULL, page, rx, MAP_PRIVATE, file, 0));
  void* const readable = mmap(NULL, page, PROT_READ, MAP_PRIVATE, file, 0);
  let("file", (uintptr_t)readable);
  tell("a file made code", mprotect(readable, page, rx));
  close(file);
}
static __attribute__((noinline)) void protect_code(void) {
  void* const code = mmap(NULL, page, rx, anonymous, -1, 0);
  let("code", (uintptr_t)code);
  tell("code made code again", mprotect(code, page, rx));
  tell("code made data", mprotect(code, page, rw));
}

static void try_all(void) {
  protect_written();
  protect_with_key();
  protect_all();
  map_all();
  map_code();
  map_file();
  protect_code();
}

static __attribute__((noinline)) void say_whether_denied(const char* who) {
  say(who, ": ", mprotect(written(), page, rx) == 0 ? "allowed" : "denied", "\n");
}

static void* as_a_thread(void* nothing) {
  say_whether_denied("a thread");
  return nothing;
}

static void wait_for(pid_t child) {
  waitpid(child, NULL, 0);
}

static void in_child(void) {
  const pid_t child = fork();
  if (child != 0) {
    wait_for(child);
    return;
  }
  say_whether_denied("a forked child");
  const pid_t grandchild = fork();
  if (grandchild == 0) {
    say_whether_denied("its child");
    _exit(0);
  }
  wait_for(grandchild);
  _exit(0);
}

/// Without the shim, so that only what is inherited counts.
static void in_another_program(char* self) {
  char* arguments[] = {self, "another program", NULL};
  unsetenv("LD_PRELOAD");
  pid_t child;
  if (posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0) {
    wait_for(child);
  }
}

static void deny(long how) {
  tell("prctl", prctl(set_mdwe, how, 0, 0, 0));
}

int main(int count, char** words) {
  page = page_size();
  let("page", page);
  const char* const how = count > 1 ? words[1] : "";
  if (strcmp(how, "another program") == 0) {
    say_whether_denied(how);
    return 0;
  }
  if (strcmp(how, "by prctl") == 0) {
    deny(refuse_exec_gain | no_inherit);
  } else if (strcmp(how, "by prctl, inherited") == 0) {
    deny(refuse_exec_gain);
  }
  say("this process:\n");
  try_all();
  pthread_t thread;
  pthread_create(&thread, NULL, as_a_thread, NULL);
  pthread_join(thread, NULL);
  in_child();
  in_another_program(words[0]);
}
