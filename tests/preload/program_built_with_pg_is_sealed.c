// SPDX-License-Identifier: Apache-2.0
// A program linked with -pg defines __gmon_start__ itself and so takes the load hook's calls.
// Start-up does not need them; late loads are sealed by the next call of dlopen or dlsym.
//
// leaves:
//   gmon.out
// with the shim, exit 0:
//   main: sealed
//   libc: sealed
//   opened libplain.so: open
//   after dlsym libplain.so: sealed
// without it, exit 0:
//   main: open
//   libc: open
//   opened libplain.so: open
//   after dlsym libplain.so: open
#include "objects.h"

#include <dlfcn.h>

extern void* open_for_library(const char* name);

int main(void) {
  say_seals_of("main");
  say_seals_of("libc");
  void* library = open_for_library("libplain.so");
  say("opened ");
  say_seals_of("libplain.so");
  dlsym(library, "plain_answer");
  say("after dlsym ");
  say_seals_of("libplain.so");
}
