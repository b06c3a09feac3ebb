// SPDX-License-Identifier: Apache-2.0
// Libraries that were closed at once, and are missed eleven seconds later, since nothing was loaded
// meanwhile: they count as closed young all the same, so that a slow churner waits as a quick one.
//
// with the shim, exit 0:
//   copy100.so: sealed
//   libplain.so: open
// without it, exit 0:
//   copy100.so: open
//   libplain.so: open
#include "copies.h"
#include "objects.h"

enum { kCount = 256 };

int main(void) {
  void* libraries[kCount];
  char name[32];
  for (int i = 0; i < kCount; i++) {
    snprintf(name, sizeof name, "./copy%d.so", i);
    copy_library("libplain.so", name);
    libraries[i] = dlopen(name, RTLD_NOW);
    unlink(name);
  }
  say_seals_of("copy100.so");
  for (int i = 0; i < kCount; i++) {
    dlclose(libraries[i]);
  }
  sleep(11);
  dlopen("libplain.so", RTLD_NOW);
  say_seals_of("libplain.so");
}
