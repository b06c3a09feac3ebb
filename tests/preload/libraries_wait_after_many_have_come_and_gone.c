// SPDX-License-Identifier: Apache-2.0
// After 256 libraries were closed young, what is new waits too.
//
// with the shim, exit 0:
//   300 opened and closed: code left by 256
//   libplain.so: open
// without it, exit 0:
//   300 opened and closed: code left by 0
//   libplain.so: open
#include "copies.h"
#include "objects.h"

/// Code of memory files is moved to private memory before it is sealed, and has no name there.
static void count_code(const struct mapping* mapping, void* context) {
  const int nameless = mapping->name[0] == '\0' || starts_with(mapping->name, "/memfd:");
  *(long*)context += mapping->executable && nameless;
}

int main(void) {
  long before = 0, left = 0;
  for_each_mapping(count_code, &before);
  for (int i = 0; i < 300; i++) {
    dlclose(open_from_memory("libplain.so"));
  }
  for_each_mapping(count_code, &left);
  say("300 opened and closed: code left by ", decimal(left - before), "\n");
  dlopen("libplain.so", RTLD_NOW);
  say_seals_of("libplain.so");
}
