// SPDX-License-Identifier: Apache-2.0
// A library that opens others by its own RUNPATH.
#include <dlfcn.h>

void* open_for_library(const char* name);
void* open_for_library(const char* name) {
  void* library = dlopen(name, RTLD_NOW);
  // Keeps this from being a tail call, which would make the program the caller.
  __asm__ volatile("" : "+r"(library));
  return library;
}
