// SPDX-License-Identifier: Apache-2.0
// Sealed data keeps its place and its protection, and can be written as before; a sealed stack
// still grows.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   seal = +data +stack
// with the shim, exit 0:
//   data sealed, bss sealed, stack sealed
//   written: 2, 3
//   making data read-only: EPERM
//   discarding bss: done, now 0
//   stack 6 MiB deep: sealed
//   heap: done
// without it, exit 0:
//   data open, bss open, stack open
//   written: 2, 3
//   making data read-only: done
//   discarding bss: done, now 0
//   stack 6 MiB deep: open
//   heap: done
#include "objects.h"

#include <sys/mman.h>

#include <stdlib.h>

static _Alignas(65536) volatile int data[16384] = {1};
static _Alignas(65536) volatile int bss[16384];

/// Calls itself until the stack is so deep, and says there how it is sealed.
static __attribute__((noinline)) const char* dig(size_t depth) {
  volatile char frame[64 * 1024];
  frame[0] = 1;
  const char* state =
      depth <= sizeof frame ? seal_of((const void*)frame) : dig(depth - sizeof frame);
  frame[1] = frame[0];
  return state;
}

int main(void) {
  int here = 0;
  say("data ", seal_of((const void*)data), ", bss ", seal_of((const void*)bss), ", stack ",
      seal_of(&here), "\n");
  data[0]++;
  bss[0] += 3;
  say("written: ", decimal(data[0]), ", ");
  say(decimal(bss[0]), "\n");

  const long result = raw3(SYS_mprotect, data, sizeof data, PROT_READ);
  say("making data read-only: ", answer(result), "\n");
  raw3(SYS_mprotect, data, sizeof data, PROT_READ | PROT_WRITE);
  say("discarding bss: ", answer(raw3(SYS_madvise, bss, sizeof bss, MADV_DONTNEED)), ", now ",
      decimal(bss[0]), "\n");

  say("stack 6 MiB deep: ", dig(6 << 20), "\n");
  char* block = malloc(100 * 1000);
  if (block != NULL) {
    block[99 * 1000] = 1;
    free(block);
    say("heap: done\n");
  }
}
