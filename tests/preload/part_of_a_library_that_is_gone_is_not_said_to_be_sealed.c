// SPDX-License-Identifier: Apache-2.0
// What of a library could not be sealed, as the part of it that a program unmapped before it was
// looked at, is not taken for sealed by sealwax_query() either, whoever lives there later.
//
// with the shim, exit 0:
//   of text it says: sealed
//   of what was unmapped: not sealed
// without it, exit 0:
//   of text it says: nothing
//   of what was unmapped: nothing
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>

/// For sealwax_query(), see sealwax/query.h.
__attribute__((weak)) int sealwax_shim_has_sealed(const void* address);

static const char* told(uintptr_t at) {
  return sealwax_shim_has_sealed == NULL                 ? "nothing"
         : sealwax_shim_has_sealed((const void*)at) != 0 ? "sealed"
                                                         : "not sealed";
}

/// Whatever is mapped goes to the highest place that has room: first the library below this one,
/// then what the shim maps into it.
static const size_t kRoom = (size_t)1 << 20;

int main(void) {
  void* const room = mmap(NULL, kRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* const library = dlopen("libhookless_gaps.so", RTLD_NOW);
  if (room == MAP_FAILED || library == NULL) {
    return 1;
  }
  const struct object object = object_named("libhookless_gaps.so");
  struct extent text = {0, 0};
  struct extent constants = {0, 0}; // not the first segment, which has what dlsym reads
  for (size_t i = 0; i < object.count; i++) {
    const ElfW(Phdr)* segment = &object.headers[i];
    if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0) {
      text = pages_of(&object, segment);
    } else if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0 && text.end != 0) {
      constants = pages_of(&object, segment);
    }
  }
  if (munmap((void*)constants.start, constants.end - constants.start) != 0 ||
      munmap(room, kRoom) != 0) {
    return 1;
  }
  dlsym(library, "pages_in"); // the library is looked at
  say("of text it says: ", told(text.start), "\n");
  say("of what was unmapped: ", told(constants.start), "\n");
}
