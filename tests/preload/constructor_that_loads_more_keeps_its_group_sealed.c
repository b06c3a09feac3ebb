// SPDX-License-Identifier: Apache-2.0
// A constructor opens another library: one load within another. Both are sealed before their own
// constructors.
//
// with the shim, exit 0:
//   outer begins: outer sealed
//   constructor, own text EPERM
//   destructor
//   outer goes on
//   libnoisy.so: not loaded
//   libnesting.so: not loaded
// without it, exit 0:
//   outer begins: outer open
//   constructor, own text done
//   destructor
//   outer goes on
//   libnoisy.so: not loaded
//   libnesting.so: not loaded
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* library = dlopen("libnesting.so", RTLD_NOW);
  if (library == NULL || dlclose(library) != 0) {
    return 1;
  }
  say_seals_of("libnoisy.so");
  say_seals_of("libnesting.so");
}
