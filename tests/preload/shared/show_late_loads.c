// SPDX-License-Identifier: Apache-2.0
// Opens and closes a library, and one that is linked to stay, and prints how both are sealed.
#include "objects.h"

#include <dlfcn.h>

static void open_and_close(const char* name) {
  void* library = dlopen(name, RTLD_NOW);
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return;
  }
  say("opened ");
  say_seals_of(name);
  dlclose(library);
  say("closed ");
  say_seals_of(name);
}

int main(void) {
  say_seals_of("main");
  open_and_close("libplain.so");
  open_and_close("libstaying.so");
}
