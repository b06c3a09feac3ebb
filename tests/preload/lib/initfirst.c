// SPDX-License-Identifier: Apache-2.0
// A library that wants its constructor to come before all others, as the shim does.
#include "objects.h"

__attribute__((constructor)) static void construct(void) {
  say("initfirst library, libc's text: ", try_to_open_text("libc"), "\n");
}

void initfirst_is_linked(void);
void initfirst_is_linked(void) {}
