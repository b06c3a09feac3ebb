// SPDX-License-Identifier: Apache-2.0
// What is counted: a start that does nothing, and a pair of marks around a piece of work.
#define _GNU_SOURCE
#include "marks.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int load(const char* library, int times) {
  for (int i = 0; i < times; ++i)
    if (dlopen(library, RTLD_NOW) == NULL)
      return 1;
  return 0;
}

int main(int count, char** arguments) {
  if (count < 3)
    return 0;
  const char* const what = arguments[1];
  const char* const library = arguments[2];
  // Only the second load of a process is like those behind it.
  if (strcmp(what, "load") != 0 && load(library, 2) != 0)
    return 1;
  void* (*const volatile look_up)(void*, const char*) = dlsym;
  int failed = 0;
  mark();
  if (strcmp(what, "look-up") == 0)
    failed = look_up(RTLD_DEFAULT, "environ") == NULL;
  else
    failed = load(library, 1);
  mark();
  return failed;
}
