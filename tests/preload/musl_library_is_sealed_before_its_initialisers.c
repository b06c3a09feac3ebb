// SPDX-License-Identifier: Apache-2.0
// Under musl, whose objects call nobody before their constructors: what one dlopen brings is sealed
// before the first of them, and so is what a constructor loads. The second time nothing is loaded.
//
// with the shim, exit 0:
//   libmusl_needed.so: sealed
//     EPERM, descriptor 3
//   libmusl_top.so: sealed
//     EPERM, descriptor 3
//   libmusl_nested.so: sealed
//     EPERM, descriptor 3
//   libmusl_inner.so: sealed
//     EPERM, descriptor 3
//     opens libmusl_inner.so: yes
//   afterwards libmusl_top.so: sealed
//   needed 2
//   the same: yes
//   global: yes
// without it, exit 0:
//   libmusl_needed.so: open
//     done, descriptor 3
//   libmusl_top.so: open
//     done, descriptor 3
//   libmusl_nested.so: open
//     done, descriptor 3
//   libmusl_inner.so: open
//     done, descriptor 3
//     opens libmusl_inner.so: yes
//   afterwards libmusl_top.so: open
//   needed 2
//   the same: yes
//   global: yes
#include "objects.h"

#include <dlfcn.h>

int main(void) {
  void* top = dlopen("libmusl_top.so", RTLD_NOW);
  void* nested = dlopen("libmusl_nested.so", RTLD_LAZY | RTLD_GLOBAL);
  if (top == NULL || nested == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  say("afterwards ");
  say_seals_of("libmusl_top.so");
  const int* needed = dlsym(top, "needed");
  say("needed ", decimal(*needed), "\n");
  say("the same: ", dlopen("libmusl_top.so", RTLD_NOW) == top ? "yes\n" : "no\n");
  say("global: ", dlsym(RTLD_DEFAULT, "nested") != NULL ? "yes" : "no", "\n");
}
