// SPDX-License-Identifier: Apache-2.0
// Loads sixty libraries, each a load of its own, and then one more.
#include "copies.h"
#include "objects.h"

int main(void) {
  char path[32];
  for (int i = 0; i < 60; i++) {
    snprintf(path, sizeof path, "./left%d.so", i);
    copy_library("libplain.so", path);
    dlopen(path, RTLD_NOW);
    unlink(path);
  }
  dlopen("libcounting.so", RTLD_NOW);
  say_seals_of("left59.so");
  say_seals_of("libcounting.so");
}
