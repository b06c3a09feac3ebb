// SPDX-License-Identifier: Apache-2.0
// Between the segments of a library that was not looked at yet the program may have put memory of
// its own. What is sealed of the library leaves that alone.
//
// with the shim, exit 0:
//   libhookless_gaps.so: text sealed, rodata sealed, relro sealed (private), gaps sealed, data open
//   own memory in its gap: done
// without it, exit 0:
//   libhookless_gaps.so: text open, rodata open, relro open (file), gaps open, data open
//   own memory in its gap: done
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>

int main(void) {
  void* const library = dlopen("libhookless_gaps.so", RTLD_NOW);
  if (library == NULL) {
    return 1;
  }
  const struct object object = object_named("libhookless_gaps.so");
  uintptr_t gap = 0;
  for (size_t i = 0; i < object.count && gap == 0; i++) {
    gap = object.headers[i].p_type == PT_LOAD ? pages_of(&object, &object.headers[i]).end : 0;
  }
  const size_t size = page_size();
  if (mmap((void*)gap, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
           0) != (void*)gap) {
    return 1;
  }
  dlsym(library, "pages_in"); // the library is looked at
  say_regions(&object);
  say("own memory in its gap: ", answer(raw_call(SYS_munmap, (long)gap, (long)size, 0, 0, 0, 0)),
      "\n");
}
