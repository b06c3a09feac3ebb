// SPDX-License-Identifier: Apache-2.0
// RTLD_DEEPBIND makes a library look into itself first, for the load hook too.
//
// with the shim, exit 0:
//   constructor, own text EPERM
//   libnoisy.so: sealed
//   destructor
// without it, exit 0:
//   constructor, own text done
//   libnoisy.so: open
//   destructor
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  if (dlopen("libnoisy.so", RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND) == NULL) {
    return 1;
  }
  say_seals_of("libnoisy.so");
}
