// SPDX-License-Identifier: Apache-2.0
// The same file under musl, whose loader is its libc and gives constructors no arguments: what was
// there at start-up is sealed, and what came late.
//
// with the shim, exit 0:
//   main: sealed
//   libsealwax.so: sealed
//   ld.so: sealed
//   vdso: sealed
//   answer 42
//   libplain.so: sealed
//   errno 0
// without it, exit 0:
//   main: open
//   ld.so: open
//   vdso: open
//   answer 42
//   libplain.so: open
//   errno 0
#include "objects.h"

#include <dlfcn.h>
#include <errno.h>

int main(void) {
  const int first_errno = errno;
  say_seals_of_all();
  say_seal_of_vdso();
  void* library = dlopen("libplain.so", RTLD_NOW);
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  int (*plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say("answer ", decimal(plain_answer()), "\n");
  say_seals_of("libplain.so");
  say("errno ", decimal(first_errno), "\n");
}
