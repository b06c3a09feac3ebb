// SPDX-License-Identifier: Apache-2.0
// mremap a page of libc to another place, and put own code where it was.
//
// with the shim, exit 0:
//   moving: EPERM
//   own code in its place: EPERM
//   labs(-1) is 1
// without it, exit 0:
//   moving: done
//   own code in its place: done
//   labs(-1) is 666
#include "attack.h"

#include <dlfcn.h>

int main(void) {
  long (*victim)(long) = (long (*)(long))(uintptr_t)dlsym(RTLD_DEFAULT, "labs");
  const uintptr_t address = (uintptr_t)victim;
  const struct extent pages = pages_around(address);
  char* forged = forged_code(address);
  char* elsewhere = copy_of_pages(pages);
  const size_t size = pages.end - pages.start;

  const long moved = raw_call(SYS_mremap, (long)pages.start, (long)size, (long)size,
                              MREMAP_MAYMOVE | MREMAP_FIXED, (long)elsewhere, 0);
  const long placed = put_in_place(forged, pages);
  say("moving: ", answer(moved), "\n");
  say("own code in its place: ", answer(placed), "\n");
  say("labs(-1) is ", decimal(victim(-1)), "\n");
}
