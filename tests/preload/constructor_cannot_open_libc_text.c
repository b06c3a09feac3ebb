// SPDX-License-Identifier: Apache-2.0
// The shim comes before the constructors of the program's libraries, and before the program's
// DT_PREINIT_ARRAY: none of them can make libc's code writable.
//
// with the shim, exit 0:
//   preinit: EPERM
//   constructor of a library: EPERM
//   constructor of the program: EPERM
// without it, exit 0:
//   preinit: done
//   constructor of a library: done
//   constructor of the program: done
#include "objects.h"

static void before_all_constructors(void) {
  say("preinit: ", try_to_open_text("libc"), "\n");
}

__attribute__((section(".preinit_array"),
               used)) static void (*const preinit)(void) = before_all_constructors;

__attribute__((constructor)) static void construct(void) {
  say("constructor of the program: ", try_to_open_text("libc"), "\n");
}

extern void meddler_is_linked(void);

int main(void) {
  meddler_is_linked();
}
