// SPDX-License-Identifier: Apache-2.0
// A library whose constructor tries to make libc's code writable.
#include "objects.h"

__attribute__((constructor)) static void construct(void) {
  say("constructor of a library: ", try_to_open_text("libc"), "\n");
}

void meddler_is_linked(void);
void meddler_is_linked(void) {}
