// SPDX-License-Identifier: Apache-2.0
// The kernel seals nothing of a range that has a hole. Where a program unmapped a part of a library
// before that was looked at, what is left of it is sealed piece by piece.
//
// with the shim, exit 0:
//   text: sealed
// without it, exit 0:
//   text: open beside holes
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>

int main(void) {
  void* const library = dlopen("libhookless_gaps.so", RTLD_NOW);
  if (library == NULL) {
    return 1;
  }
  const struct object object = object_named("libhookless_gaps.so");
  for (size_t i = 0; i < object.count; i++) {
    if (object.headers[i].p_type == PT_LOAD && (object.headers[i].p_flags & PF_X) != 0) {
      const struct extent text = pages_of(&object, &object.headers[i]);
      const uintptr_t middle = page_of(text.start + (text.end - text.start) / 2);
      if (munmap((void*)middle, page_size()) != 0) {
        return 1;
      }
    }
  }
  dlsym(library, "pages_in"); // the library is looked at
  const struct region_tallies tallies = tallies_of(&object);
  say("text: ", word_for(&tallies.text), "\n");
}
