// SPDX-License-Identifier: Apache-2.0
// Opens three plugins from memory, one after the other, under one name.
#include "copies.h"
#include "objects.h"

int main(void) {
  static const char* const names[] = {"libanswer1.so", "libanswer2.so", "libanswer3.so"};
  for (int i = 0; i < 3; i++) {
    void* plugin = open_from_memory(names[i]);
    say("answer ", decimal(ask(plugin, "answer")), "\n");
    dlclose(plugin);
  }
}
