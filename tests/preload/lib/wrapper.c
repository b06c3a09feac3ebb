// SPDX-License-Identifier: Apache-2.0
// A library that wraps labs and looks for the one that it wraps.
#include <dlfcn.h>

long labs(long value);
long labs(long value) {
  return value < 0 ? -value : value;
}

void* next_labs_of_library(void);
void* next_labs_of_library(void) {
  void* next = dlsym(RTLD_NEXT, "labs");
  // Keeps this from being a tail call, which would make the program the caller.
  __asm__ volatile("" : "+r"(next));
  return next;
}
