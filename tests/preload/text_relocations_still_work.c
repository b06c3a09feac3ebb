// SPDX-License-Identifier: Apache-2.0
// ld.so writes into the code of an object with text relocations, and must be done before it is
// sealed: at start-up and late.
//
// with the shim, exit 0:
//   linked library's word: right, its text sealed
//   late library's word: right, its text sealed
// without it, exit 0:
//   linked library's word: right, its text open
//   late library's word: right, its text open
#include "objects.h"

#include <dlfcn.h>

extern const char patched_text[];

static void report(const char* which, const void* text) {
  uintptr_t word;
  __builtin_memcpy(&word, text, sizeof word);
  say(which, " library's word: ", word == (uintptr_t)text ? "right" : "wrong", ", its text ",
      seal_of(text), "\n");
}

int main(void) {
  report("linked", patched_text);
  void* library = dlopen("liblatetextrel.so", RTLD_NOW);
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  report("late", dlsym(library, "late_patched_text"));
}
