// SPDX-License-Identifier: Apache-2.0
// What is sealed of a closed library stays; its writable pages are given back when the next library
// is opened. After four closings a library that comes and goes waits with being sealed, and leaves
// nothing.
//
// with the shim, exit 0:
//   opened: sealed
//   closed 50 times: code left by 4, writable pages left by 0
//   opened again: open
// without it, exit 0:
//   opened: open
//   closed 50 times: code left by 0, writable pages left by 0
//   opened again: open
#include "objects.h"

#include <dlfcn.h>

struct left {
  long code;
  long writable;
};

// From a file in memory code is moved to private memory, where it has no name.
static void count_left(const struct mapping* mapping, void* context) {
  struct left* left = context;
  const bool named = same_text(file_name_of(mapping->name), "libplain.so");
  left->code += mapping->executable && (named || mapping->name[0] == '\0');
  left->writable += mapping->writable && named;
}

int main(void) {
  struct left before = {0}, left = {0};
  for_each_mapping(count_left, &before);
  for (int i = 0; i < 50; i++) {
    void* library = dlopen("libplain.so", RTLD_NOW);
    if (i == 0) {
      say("opened: ", seal_of_text("libplain.so"), "\n");
    }
    dlclose(library);
  }
  dlopen("libcounting.so", RTLD_NOW);
  for_each_mapping(count_left, &left);
  say("closed 50 times: code left by ", decimal(left.code - before.code));
  say(", writable pages left by ", decimal(left.writable), "\n");
  dlopen("libplain.so", RTLD_NOW);
  say("opened again: ", seal_of_text("libplain.so"), "\n");
}
