// Sixty libraries that the policy leaves alone, each a load of its own, hide none that comes later.
//
// policy:
//   sealwax-policy 1
//   [object ./left*.so]
//   dlopen = skip
// with the shim, exit 0:
//   left59.so: open
//   libcounting.so: sealed
// without it, exit 0:
//   left59.so: open
//   libcounting.so: open
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
