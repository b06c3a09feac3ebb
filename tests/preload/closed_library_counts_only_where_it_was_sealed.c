// SPDX-License-Identifier: Apache-2.0
// What closed libraries leave behind is counted for `sealwax status`: one that the policy left
// alone leaves nothing.
//
// policy:
//   sealwax-policy 1
//   [object libplain.so]
//   mode = off
// with the shim, exit 0:
//   closed libraries that left something: 1
// without it, exit 0:
//   closed libraries that left something: 0
#include "objects.h"

#include <dlfcn.h>

/// As model/report/held_counts.hpp has it.
extern const struct {
  char magic[8];
  unsigned long size;
  unsigned long waiting;
  unsigned long beyond;
  unsigned long buried;
} sealwax_held_counts __attribute__((weak));

int main(void) {
  void* const left_alone = dlopen("libplain.so", RTLD_NOW);
  void* const sealed = dlopen("libcounting.so", RTLD_NOW);
  dlclose(left_alone);
  dlclose(sealed);
  dlopen("liblarge.so", RTLD_NOW); // what went is missed
  say("closed libraries that left something: ",
      decimal(&sealwax_held_counts == NULL ? 0 : (long)sealwax_held_counts.buried), "\n");
}
