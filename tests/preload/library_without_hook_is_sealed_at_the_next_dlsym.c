// SPDX-License-Identifier: Apache-2.0
// A library linked without crti.o has no _init that calls the load hook.
//
// with the shim, exit 0:
//   opened: open
//   after dlsym: sealed
//   a second one, after dlopen of another: sealed
// without it, exit 0:
//   opened: open
//   after dlsym: open
//   a second one, after dlopen of another: open
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* first = dlopen("libhookless.so", RTLD_NOW);
  if (first == NULL) {
    return 1;
  }
  say("opened: ", seal_of_text("libhookless.so"), "\n");
  dlsym(first, "plain_answer");
  say("after dlsym: ", seal_of_text("libhookless.so"), "\n");
  if (dlopen("libhookless2.so", RTLD_NOW) == NULL || dlopen("libplain.so", RTLD_NOW) == NULL) {
    return 1;
  }
  say("a second one, after dlopen of another: ", seal_of_text("libhookless2.so"), "\n");
}
