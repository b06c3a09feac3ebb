// SPDX-License-Identifier: Apache-2.0
// $ORIGIN and RUNPATH are those of whoever calls dlopen, so the shim may not stand between: the
// program finds its plugin in plugins/, and a library with another RUNPATH finds its own.
//
// with the shim, exit 0:
//   program asking for the library's: not found
//   program's plugin: 1, sealed
//   library's plugin: 2, sealed
// without it, exit 0:
//   program asking for the library's: not found
//   program's plugin: 1, open
//   library's plugin: 2, open
#include "objects.h"

#include <dlfcn.h>

extern void* open_for_library(const char* name);

static void report(const char* whose, void* plugin) {
  if (plugin == NULL) {
    say(whose, ": ", dlerror(), "\n");
    return;
  }
  int (*number)(void) = (int (*)(void))(uintptr_t)dlsym(plugin, "plugin_number");
  say(whose, ": ", decimal(number()), ", ", seal_of((const void*)(uintptr_t)number), "\n");
}

int main(void) {
  if (dlopen("libplugin_of_library.so", RTLD_NOW) == NULL) {
    say("program asking for the library's: not found\n");
  }
  report("program's plugin", dlopen("libplugin_of_program.so", RTLD_NOW));
  report("library's plugin", open_for_library("libplugin_of_library.so"));
}
