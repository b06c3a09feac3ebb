// SPDX-License-Identifier: Apache-2.0
// Some programs close a library for as long as the loader has it.
//
// with the shim or without it, exit 0:
//   gone after 3 closings
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* library = dlopen("libplain.so", RTLD_NOW);
  dlopen("libplain.so", RTLD_NOW);
  int closings = 0;
  do {
    dlclose(library);
    closings++;
    library = dlopen("libplain.so", RTLD_NOW | RTLD_NOLOAD);
    closings += library != NULL && dlclose(library) == 0;
  } while (library != NULL && closings < 100);
  say("gone after ", decimal(closings), " closings\n");
}
