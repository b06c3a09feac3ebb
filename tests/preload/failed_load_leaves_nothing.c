// SPDX-License-Identifier: Apache-2.0
// A library whose symbols cannot be found is unloaded again before any constructor. Nothing of it
// is pinned or sealed, and the program hears of the fault as ever.
//
// with the shim, exit 0:
//   libunresolved.so: undefined symbol: there_is_no_such_function
//   libunresolved.so: not loaded
//   libplain.so: not loaded
//   100 more failures: as many mappings
//   libplain.so: sealed
// without it, exit 0:
//   libunresolved.so: undefined symbol: there_is_no_such_function
//   libunresolved.so: not loaded
//   libplain.so: not loaded
//   100 more failures: as many mappings
//   libplain.so: open
#include "objects.h"

#include <dlfcn.h>

static void count(const struct mapping* m, void* context) {
  (void)m;
  ++*(size_t*)context;
}

static size_t mappings(void) {
  size_t number = 0;
  for_each_mapping(count, &number);
  return number;
}

int main(void) {
  if (dlopen("libunresolved.so", RTLD_NOW) != NULL) {
    return 1;
  }
  const char* message = dlerror();
  say(message == NULL ? "no message" : file_name_of(message), "\n");
  say_seals_of("libunresolved.so");
  say_seals_of("libplain.so");
  const size_t before = mappings();
  for (int i = 0; i < 100; i++) {
    dlopen("libunresolved.so", RTLD_NOW);
  }
  say("100 more failures: ", mappings() == before ? "as many mappings\n" : "other mappings\n");
  dlopen("libplain.so", RTLD_NOW);
  say_seals_of("libplain.so");
}
