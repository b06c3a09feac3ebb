// SPDX-License-Identifier: Apache-2.0
// Opens a library, asks it, and prints how it is sealed.
#include "objects.h"

#include <dlfcn.h>

int main(int count, char** arguments) {
  void* const library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  int (*const answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say("answers ", decimal(answer()), "\n");
  say_seals_of(arguments[1]);
}
