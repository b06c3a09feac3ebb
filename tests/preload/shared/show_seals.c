// SPDX-License-Identifier: Apache-2.0
// Prints how every object, the kernel's own mappings and the stack are sealed.
#include "objects.h"

int main(void) {
  say_seals_of_all();
  say_seal_of_vdso();
  say_seal_of_stack();
}
