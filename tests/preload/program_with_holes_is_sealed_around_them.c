// SPDX-License-Identifier: Apache-2.0
// The kernel leaves the holes between a program's segments unmapped; one mseal over the span would
// answer ENOMEM and seal nothing of it. What the program maps into a hole later is its own.
//
// with the shim, exit 0:
//   main: text sealed, rodata sealed, relro sealed (private), gaps unmapped, data open
//   mapping into a hole: done
//   and out again: done
// without it, exit 0:
//   main: text open, rodata open, relro open (file), gaps unmapped, data open
//   mapping into a hole: done
//   and out again: done
#include "objects.h"

#include <sys/mman.h>

static uintptr_t first_hole_of(const struct object* object) {
  for (size_t i = 0; i < object->count; i++) {
    struct mapping found;
    const uintptr_t end = pages_of(object, &object->headers[i]).end;
    if (object->headers[i].p_type == PT_LOAD && !mapping_at((void*)end, &found)) {
      return end;
    }
  }
  return 0;
}

int main(void) {
  const struct object object = object_named("main");
  say_regions(&object);
  const uintptr_t hole = first_hole_of(&object);
  const long mapped = raw_call(SYS_mmap, (long)hole, (long)page_size(), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  say("mapping into a hole: ", mapped == (long)hole ? "done" : answer(mapped), "\n");
  say("and out again: ", answer(raw3(SYS_munmap, hole, page_size(), 0)), "\n");
}
