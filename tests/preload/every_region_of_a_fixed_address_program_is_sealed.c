// SPDX-License-Identifier: Apache-2.0
// A program linked with -no-pie.
//
// with the shim, exit 0:
//   main: text sealed, rodata sealed, relro sealed (private), gaps none, data open
// without it, exit 0:
//   main: text open, rodata open, relro open (file), gaps none, data open
#include "objects.h"

int main(void) {
  const struct object object = object_named("main");
  say_regions(&object);
}
