// SPDX-License-Identifier: Apache-2.0
// Every object that the loader has at start-up is sealed, and the shim itself; data and stack stay
// as they are. RELRO lies in memory without a file.
//
// with the shim, exit 0:
//   main: text sealed, rodata sealed, relro sealed (private), gaps none, data open
//   libsealwax.so: sealed
//   libc: text sealed, rodata sealed, relro sealed (private), gaps none, data open
//   ld.so: text sealed, rodata sealed, relro sealed (private), gaps none, data open
//   vdso: sealed
//   stack: open
// without it, exit 0:
//   main: text open, rodata open, relro open (file), gaps none, data open
//   libc: text open, rodata open, relro open (file), gaps none, data open
//   ld.so: text open, rodata open, relro open (file), gaps none, data open
//   vdso: open
//   stack: open
#include "objects.h"

int main(void) {
  struct object_list list;
  list_objects(&list);
  for (size_t i = 0; i < list.count; i++) {
    if (starts_with(list.objects[i].name, "libsealwax")) {
      say_seals(&list.objects[i]);
    } else {
      say_regions(&list.objects[i]);
    }
  }
  say_seal_of_vdso();
  say_seal_of_stack();
}
