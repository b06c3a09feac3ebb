// SPDX-License-Identifier: Apache-2.0
// While one policy takes the other's place by a rename again and again, each program that starts
// has the one or the other.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   seal = text
// with the shim, exit 0:
//   neither: 0
// without it, exit 0:
//   neither: 100
#include "objects.h"
#include "start_again.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char constant[] = "constant";

enum { by_first = 1, by_second = 2, by_neither = 3, sections = 300 };

static int which_policy(void) {
  const struct object self = object_named("main");
  const bool text = same_text(seal_of(text_of(&self)), "sealed");
  const bool rodata = same_text(seal_of(constant), "sealed");
  return text == rodata ? by_neither : text ? by_first : by_second;
}

/// Long, and wrong if it ended early: what it seals is said last.
static void write_policy(const char* path, const char* regions) {
  FILE* const file = fopen(path, "w");
  fputs("sealwax-policy 1\n[defaults]\nseal = all\n", file);
  for (int i = 0; i < sections; i++) {
    fprintf(file, "[object lib%d.so]\nmode = off\n", i);
  }
  fprintf(file, "[defaults]\nseal = %s\n", regions);
  fclose(file);
}

static void replace_for_ever(const char* path) {
  for (bool first = true;; first = !first) {
    write_policy("new", first ? "text" : "rodata");
    rename("new", path);
  }
}

int main(int count, char** words) {
  if (count > 1) {
    return which_policy();
  }
  const char* const path = getenv("SEALWAX_POLICY");
  const pid_t writer = fork();
  if (writer < 0) {
    say("no second process\n"); // and -1 is no process to kill
    return 1;
  }
  if (writer == 0) {
    replace_for_ever(path);
  }
  long neither = 0;
  for (int i = 0; i < 100; i++) {
    neither += start_again(words[0], "which") == by_neither;
  }
  kill(writer, SIGKILL);
  waitpid(writer, NULL, 0);
  unlink("new");
  say("neither: ", decimal(neither), "\n");
}
