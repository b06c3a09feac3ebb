// SPDX-License-Identifier: Apache-2.0
// glibc leaves pages without permission between the segments of a library that is aligned to more
// than a page. They are sealed with it, at start-up and late: nothing else can be put there.
//
// with the shim, exit 0:
//   linked libgaps.so: text sealed, rodata sealed, relro sealed (private), gaps sealed, data open
//   mapping over its gap: EPERM
//   late liblategaps.so: text sealed, rodata sealed, relro sealed (private), gaps sealed, data open
//   mapping over its gap: EPERM
// without it, exit 0:
//   linked libgaps.so: text open, rodata open, relro open (file), gaps open, data open
//   mapping over its gap: done
//   late liblategaps.so: text open, rodata open, relro open (file), gaps open, data open
//   mapping over its gap: done
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>

extern int plain_answer(void);

static void report(const char* when, const char* name) {
  const struct object object = object_named(name);
  say(when, " ");
  say_regions(&object);
  uintptr_t gap = 0;
  for (size_t i = 0; i < object.count && gap == 0; i++) {
    gap = object.headers[i].p_type == PT_LOAD ? pages_of(&object, &object.headers[i]).end : 0;
  }
  const long mapped = raw_call(SYS_mmap, (long)gap, (long)page_size(), PROT_READ | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  say("mapping over its gap: ", mapped == (long)gap ? "done" : answer(mapped), "\n");
}

int main(void) {
  if (plain_answer() != 42 || dlopen("liblategaps.so", RTLD_NOW) == NULL) {
    return 1;
  }
  report("linked", "libgaps.so");
  report("late", "liblategaps.so");
}
