// SPDX-License-Identifier: Apache-2.0
// glibc keeps one object with DF_1_INITFIRST, the last: a library that is linked and marked so runs
// its _init before the shim's constructor. The load hook in it makes the shim come first.
//
// with the shim, exit 0:
//   initfirst library, libc's text: EPERM
//   main: sealed
//   libinitfirst.so: sealed
//   libc: sealed
//   vdso: sealed
// without it, exit 0:
//   initfirst library, libc's text: done
//   main: open
//   libinitfirst.so: open
//   libc: open
//   vdso: open
#include "objects.h"

extern void initfirst_is_linked(void);

int main(void) {
  initfirst_is_linked();
  say_seals_of("main");
  say_seals_of("libinitfirst.so");
  say_seals_of("libc");
  say_seal_of_vdso();
}
