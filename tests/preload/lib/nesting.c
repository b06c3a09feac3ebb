// SPDX-License-Identifier: Apache-2.0
// A library whose constructor opens and closes another.
#include "objects.h"

#include <dlfcn.h>

__attribute__((constructor)) static void construct(void) {
  say("outer begins: outer ", seal_of_text("libnesting.so"), "\n");
  void* library = dlopen("libnoisy.so", RTLD_NOW);
  if (library != NULL) {
    dlclose(library);
  }
  say("outer goes on\n");
}
