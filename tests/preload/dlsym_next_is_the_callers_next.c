// SPDX-License-Identifier: Apache-2.0
// dlsym(RTLD_NEXT) goes by its caller: a wrapper in a library must get libc's function, and one in
// the program the library's.
//
// with the shim, exit 0:
//   program, library and libc: 3 functions
//   labs in libc: sealed
//   dlsym of nothing: undefined symbol: there_is_no_such_symbol
// without it, exit 0:
//   program, library and libc: 3 functions
//   labs in libc: open
//   dlsym of nothing: undefined symbol: there_is_no_such_symbol
#include "objects.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

extern void* next_labs_of_library(void);

long labs(long value) {
  return value < 0 ? -value : value;
}

int main(void) {
  void* own = (void*)(uintptr_t)labs;
  void* librarys = dlsym(RTLD_NEXT, "labs");
  void* libcs = next_labs_of_library();
  const bool differ = own != librarys && librarys != libcs && own != libcs;
  say("program, library and libc: ", differ && libcs != NULL ? "3 functions" : "mixed up", "\n");
  say("labs in libc: ", seal_of(libcs), "\n");
  if (dlsym(RTLD_DEFAULT, "there_is_no_such_symbol") == NULL) {
    const char* message = dlerror();
    say("dlsym of nothing: ", strstr(message, "undefined symbol"), "\n");
  }
}
