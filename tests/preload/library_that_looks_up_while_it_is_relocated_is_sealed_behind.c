// SPDX-License-Identifier: Apache-2.0
// At such a look-up the library is in the loader's list, and its RELRO is still being written. It
// is left until that is done.
//
// with the shim, exit 0:
//   answer 42
//   libresolving.so: sealed
// without it, exit 0:
//   answer 42
//   libresolving.so: open
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* const library = dlopen("libresolving.so", RTLD_NOW);
  int (*resolving_answer)(void) =
      library == NULL ? NULL : (int (*)(void))(uintptr_t)dlsym(library, "resolving_answer");
  if (resolving_answer == NULL) {
    return 1;
  }
  say("answer ", decimal(resolving_answer()), "\n");
  say_seals_of("libresolving.so");
}
