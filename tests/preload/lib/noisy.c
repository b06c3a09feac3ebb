// SPDX-License-Identifier: Apache-2.0
// A library that says when it comes and when it goes, and tries to make its own code writable.
#include "objects.h"

__attribute__((constructor)) static void construct(void) {
  say("constructor, own text ", try_to_open_text("libnoisy.so"), "\n");
}

__attribute__((destructor)) static void destruct(void) {
  say("destructor\n");
}
