// SPDX-License-Identifier: Apache-2.0
// A closed plugin is written over in place, as a build does it, and opened again.
//
// with the shim or without it, exit 0:
//   answer 1
//   answer 2
//   answer 1
#include "copies.h"
#include "objects.h"

int main(void) {
  static const char* const names[] = {"libanswer1.so", "libanswer2.so", "libanswer1.so"};
  for (int i = 0; i < 3; i++) {
    copy_library(names[i], "./plugin.so");
    void* plugin = dlopen("./plugin.so", RTLD_NOW);
    say("answer ", decimal(ask(plugin, "answer")), "\n");
    dlclose(plugin);
  }
  unlink("./plugin.so");
}
