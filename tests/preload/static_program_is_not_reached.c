// SPDX-License-Identifier: Apache-2.0
// A static program has no loader that would preload anything: only what it seals by itself is
// sealed (sealwax/sealwax.h, or a launcher). So nothing else may be said of it.
//
// with the shim or without it, exit 0:
//   its own code: open
//   ld.so: none
#include "maps.h"

static void take_loader(const struct mapping* mapping, void* found) {
  for (const char* name = mapping->name; *name != 0; name++) {
    *(bool*)found |= starts_with(name, "/ld-linux") || starts_with(name, "/libsealwax");
  }
}

int main(void) {
  bool loader = false;
  for_each_mapping(take_loader, &loader);
  say("its own code: ", seal_of((const void*)(uintptr_t)main), "\n");
  say("ld.so: ", loader ? "there" : "none", "\n");
}
