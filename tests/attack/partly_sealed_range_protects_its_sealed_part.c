// SPDX-License-Identifier: Apache-2.0
// One call over a writable page and the sealed code next to it may change the first before it is
// refused at the second: the code stays what it is.
//
// with the shim, exit 0:
//   mprotect over both: EPERM
//   munmap over both: EPERM
//   code sealed
// without it, exit 0:
//   mprotect over both: done
//   munmap over both: done
//   code unmapped
#include "attack.h"

#include <dlfcn.h>

int main(void) {
  // libplain.so is needed by nobody here, so what happens to it stays without consequences.
  if (dlopen("libplain.so", RTLD_NOW) == NULL) {
    return 1;
  }
  const struct object plain = object_named("libplain.so");
  const struct extent first = pages_of(&plain, &plain.headers[0]);
  const uintptr_t before = first.start - page_size();
  raw_call(SYS_mmap, (long)before, (long)page_size(), PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  const void* code = text_of(&plain);
  const size_t both = (uintptr_t)code + page_size() - before;
  say("mprotect over both: ", answer(raw3(SYS_mprotect, before, both, 7)), "\n");
  say("munmap over both: ", answer(raw3(SYS_munmap, before, both, 0)), "\n");
  say("code ", seal_of(code), "\n");
  raw3(SYS_exit_group, 0, 0, 0);
}
