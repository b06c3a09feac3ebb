// SPDX-License-Identifier: Apache-2.0
// Three hundred libraries, one after the other, each with a piece of the static thread-local block.
//
// with the shim or without it, exit 0:
//   300 of 300 opened
#include "copies.h"
#include "objects.h"

int main(void) {
  int opened = 0;
  for (int i = 0; i < 300; i++) {
    void* library = open_from_memory("libstatic_tls.so");
    opened += ask(library, "block_begins_with") == 1;
    if (library != NULL) {
      dlclose(library);
    }
  }
  say(decimal(opened), " of 300 opened\n");
}
