// SPDX-License-Identifier: Apache-2.0
// munmap a page of libc and put own code where it was.
//
// with the shim, exit 0:
//   unmapping: EPERM
//   own code in its place: EPERM
//   labs(-1) is 1
// without it, exit 0:
//   unmapping: done
//   own code in its place: done
//   labs(-1) is 666
#include "attack.h"

#include <dlfcn.h>

int main(void) {
  long (*victim)(long) = (long (*)(long))(uintptr_t)dlsym(RTLD_DEFAULT, "labs");
  const uintptr_t address = (uintptr_t)victim;
  const struct extent pages = pages_around(address);
  char* forged = forged_code(address);

  const long unmapped = raw3(SYS_munmap, pages.start, pages.end - pages.start, 0);
  const long placed = put_in_place(forged, pages);
  say("unmapping: ", answer(unmapped), "\n");
  say("own code in its place: ", answer(placed), "\n");
  say("labs(-1) is ", decimal(victim(-1)), "\n");
}
