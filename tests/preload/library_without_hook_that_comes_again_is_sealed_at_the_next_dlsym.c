// SPDX-License-Identifier: Apache-2.0
// A library that does not call the load hook is closed, so that there are fewer than before, and
// comes again, so that there are as many: the next dlsym sees that it came.
//
// with the shim, exit 0:
//   first time: sealed
//   second time: sealed
// without it, exit 0:
//   first time: open
//   second time: open
#include "objects.h"

#include <dlfcn.h>

static void* open_and_look(const char* when) {
  void* const library = dlopen("libhookless.so", RTLD_NOW);
  dlsym(library, "plain_answer");
  say(when, ": ", seal_of_text("libhookless.so"), "\n");
  return library;
}

int main(void) {
  dlclose(open_and_look("first time"));
  open_and_look("second time");
}
