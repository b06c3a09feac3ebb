// SPDX-License-Identifier: Apache-2.0
// What came without the load hook and is to be pinned a dlsym leaves to the next load: pinning is a
// dlopen, and dlsym is called where that would do harm, as by malloc and by signal handlers.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   dlopen = pin
// with the shim, exit 0:
//   after dlsym: open
//   after dlopen of another: sealed
//   closed: sealed
// without it, exit 0:
//   after dlsym: open
//   after dlopen of another: open
//   closed: gone
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* const library = dlopen("libhookless.so", RTLD_NOW);
  if (library == NULL) {
    return 1;
  }
  dlsym(library, "plain_answer");
  say("after dlsym: ", seal_of_text("libhookless.so"), "\n");
  dlopen("libplain.so", RTLD_NOW);
  say("after dlopen of another: ", seal_of_text("libhookless.so"), "\n");
  dlclose(library);
  say("closed: ", seal_of_text("libhookless.so"), "\n");
}
