// SPDX-License-Identifier: Apache-2.0
// A library that is pinned: dlclose leaves it mapped and sealed, and its destructor waits for the
// end of the program, where it runs once.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   dlopen = pin
// with the shim, exit 0:
//   constructor, own text EPERM
//   closed
//   libnoisy.so: sealed
//   end of main
//   destructor
// without it, exit 0:
//   constructor, own text done
//   destructor
//   closed
//   libnoisy.so: not loaded
//   end of main
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* library = dlopen("libnoisy.so", RTLD_NOW);
  if (library == NULL || dlclose(library) != 0) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  say("closed\n");
  say_seals_of("libnoisy.so");
  say("end of main\n");
}
