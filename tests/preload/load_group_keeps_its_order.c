// SPDX-License-Identifier: Apache-2.0
// top needs middle, middle needs base. Pinning must not run a constructor before those of what it
// needs; all three are sealed before the first of them, and stay.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   dlopen = pin
// with the shim, exit 0:
//   base begins: base sealed, middle sealed, top sealed
//   middle begins: base sealed, middle sealed, top sealed
//   top begins: base sealed, middle sealed, top sealed
//   closed: base sealed, middle sealed, top sealed
//   end of main
//   top ends
//   middle ends
//   base ends
// without it, exit 0:
//   base begins: base open, middle open, top open
//   middle begins: base open, middle open, top open
//   top begins: base open, middle open, top open
//   top ends
//   middle ends
//   base ends
//   closed: base gone, middle gone, top gone
//   end of main
#include "group.h"

#include <dlfcn.h>

int main(void) {
  void* top = dlopen("libgroup_loud_top.so", RTLD_NOW);
  if (top == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  dlclose(top);
  say_group("closed");
  say("end of main\n");
}
