// SPDX-License-Identifier: Apache-2.0
// Prints the program's own regions, one by one, and those of a library that it opens late.
#include "objects.h"

#include <dlfcn.h>

static void say_regions_of(const char* name) {
  const struct object object = object_named(name);
  say_regions(&object);
}

int main(void) {
  say_regions_of("main");
  if (dlopen("libplain.so", RTLD_NOW) == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  say_regions_of("libplain.so");
  say_seal_of_vdso();
  say_seal_of_stack();
}
