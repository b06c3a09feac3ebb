// SPDX-License-Identifier: Apache-2.0
// A fork inherits every seal, and the child's own loads are sealed once it is a program of its own;
// an exec starts with nothing sealed, and the shim does it again, as often as there is one.
//
// with the shim, exit 0:
//   parent: main sealed, libc sealed, vdso sealed
//   child: main sealed, libc sealed, vdso sealed
//   child's late library answers 42
//   exec 1: main sealed, libc sealed, vdso sealed
//   exec 2: main sealed, libc sealed, vdso sealed
//   exec 3: main sealed, libc sealed, vdso sealed
// without it, exit 0:
//   parent: main open, libc open, vdso open
//   child: main open, libc open, vdso open
//   child's late library answers 42
//   exec 1: main open, libc open, vdso open
//   exec 2: main open, libc open, vdso open
//   exec 3: main open, libc open, vdso open
#include "objects.h"

#include <sys/auxv.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <unistd.h>

static void report(const char* who) {
  say(who, ": main ", seal_of_text("main"), ", libc ", seal_of_text("libc"), ", vdso ",
      seal_of((const void*)getauxval(AT_SYSINFO_EHDR)), "\n");
}

static _Noreturn void be_the_child(void) {
  report("child");
  void* library = dlopen("libplain.so", RTLD_NOW);
  int (*plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say("child's late library answers ", decimal(plain_answer()), "\n");
  _exit(0);
}

int main(int count, char** words) {
  if (count == 1) {
    report("parent");
    const pid_t child = fork();
    if (child == 0) {
      be_the_child();
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) {
      return 1;
    }
  } else {
    const char who[] = {'e', 'x', 'e', 'c', ' ', words[1][0], 0};
    report(who);
    if (words[1][0] == '3') {
      return 0;
    }
  }
  char generation[] = {count == 1 ? '1' : (char)(words[1][0] + 1), 0};
  char* next[] = {words[0], generation, NULL};
  execv("/proc/self/exe", next);
  return 1;
}
