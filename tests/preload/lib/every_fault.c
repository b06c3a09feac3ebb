// SPDX-License-Identifier: Apache-2.0
// A library with every fault that the shim's own file must not have, to see that each is found.
#include <stdlib.h>

static _Thread_local int counter;
static volatile char large[160 * 1024] = {1};
static volatile char more[100 * 1024];

__attribute__((constructor)) static void first(void) {
  counter = rand();
}

__attribute__((constructor)) static void second(void) {
  counter += large[counter] + more[counter];
}

int count(void);
int count(void) {
  return counter;
}

// A page that is code and can be written, and a word in the code that ld.so has to write.
__asm__(".pushsection .both, \"awx\"\n nop\n .popsection\n"
        ".pushsection .text\n .globl patched\n patched: .quad patched\n .popsection");
