// SPDX-License-Identifier: Apache-2.0
// A library that was closed young too often waits, until it has lived for ten seconds; then it is
// sealed when the next library is opened, and has a name for living long from then on.
//
// with the shim, exit 0:
//   opened a fifth time: open
//   eleven seconds later: sealed
//   closed and opened again: sealed
// without it, exit 0:
//   opened a fifth time: open
//   eleven seconds later: open
//   closed and opened again: open
#include "objects.h"

#include <dlfcn.h>
#include <unistd.h>

int main(void) {
  for (int i = 0; i < 4; i++) {
    dlclose(dlopen("libplain.so", RTLD_NOW));
  }
  void* library = dlopen("libplain.so", RTLD_NOW);
  say("opened a fifth time: ", seal_of_text("libplain.so"), "\n");
  sleep(11);
  dlopen("libcounting.so", RTLD_NOW);
  say("eleven seconds later: ", seal_of_text("libplain.so"), "\n");
  dlclose(library);
  dlopen("libplain.so", RTLD_NOW);
  say("closed and opened again: ", seal_of_text("libplain.so"), "\n");
}
