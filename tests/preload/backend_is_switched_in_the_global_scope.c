// SPDX-License-Identifier: Apache-2.0
// One backend is closed and another opened for all to find; what is loaded next finds the second.
//
// with the shim or without it, exit 0:
//   backend 1: asked 1
//   backend 2: asked 2
#include "copies.h"
#include "objects.h"

static void use(int number, const char* backend_name, const char* user_name) {
  void* backend = dlopen(backend_name, RTLD_NOW | RTLD_GLOBAL);
  void* user = dlopen(user_name, RTLD_NOW);
  say("backend ", decimal(number), ": asked ", decimal(ask(user, "asked")), "\n");
  dlclose(user);
  dlclose(backend);
}

int main(void) {
  use(1, "libanswer1.so", "libasking1.so");
  use(2, "libanswer2.so", "libasking2.so");
}
