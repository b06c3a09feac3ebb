// SPDX-License-Identifier: Apache-2.0
// A plugin that registers itself with its host, and takes itself away when it is closed: not at the
// end, when the host has put its registry away.
//
// with the shim or without it, exit 0:
//   opened: 1, closed: 0
//   opened: 1, closed: 0
//   opened: 1, closed: 0
#include "copies.h"
#include "objects.h"

static int* registered;

void host_add(void);
void host_add(void) {
  ++*registered;
}
void host_remove(void);
void host_remove(void) {
  --*registered;
}

int main(void) {
  registered = calloc(1, sizeof *registered);
  for (int i = 0; i < 3; i++) {
    void* plugin = dlopen("libregistering.so", RTLD_NOW);
    say("opened: ", decimal(*registered));
    dlclose(plugin);
    say(", closed: ", decimal(*registered), "\n");
  }
  free(registered);
  registered = NULL;
}
