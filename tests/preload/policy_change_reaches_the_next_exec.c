// SPDX-License-Identifier: Apache-2.0
// A policy is read once an exec: what takes its place is for the next one.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   seal = text
// with the shim, exit 0:
//   at first: text sealed, rodata open
//   changed: text sealed, rodata open
//   in a child: text sealed, rodata open
//   after exec: text open, rodata sealed
// without it, exit 0:
//   at first: text open, rodata open
//   changed: text open, rodata open
//   in a child: text open, rodata open
//   after exec: text open, rodata open
#include "objects.h"

#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char constant[] = "constant";

static void say_seals_now(const char* when) {
  const struct object self = object_named("main");
  say(when, ": text ", seal_of(text_of(&self)), ", rodata ", seal_of(constant), "\n");
}

/// By a rename, so that there is one whole policy or the other at any time.
static void change_policy(const char* path) {
  FILE* const file = fopen("new", "w");
  fputs("sealwax-policy 1\n[defaults]\nseal = rodata\n", file);
  fclose(file);
  rename("new", path);
}

int main(int count, char** words) {
  if (count > 1) {
    say_seals_now(words[1]);
    return 0;
  }
  say_seals_now("at first");
  char old[4096];
  const char* const path = getenv("SEALWAX_POLICY");
  snprintf(old, sizeof old, "%s.old", path);
  link(path, old);
  change_policy(path);
  say_seals_now("changed");
  const pid_t child = fork();
  if (child == 0) {
    say_seals_now("in a child");
    char* arguments[] = {words[0], "after exec", NULL};
    execv(words[0], arguments);
  }
  waitpid(child, NULL, 0);
  rename(old, path); // for the next run of this test
}
