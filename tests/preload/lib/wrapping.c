// SPDX-License-Identifier: Apache-2.0
// A library that stands in front of dlopen and dlmopen, as those do that give a program another
// root directory, and asks for the next ones as they come.
#include "wrapping.h"

void* dlopen(const char* file, int mode) {
  void* (*const next)(const char*, int) =
      (void* (*)(const char*, int))(uintptr_t)dlsym(RTLD_NEXT, "dlopen");
  say_reached("dlopen");
  void* result = next(file, mode);
  __asm__ volatile("" : "+r"(result));
  return result;
}

void* dlmopen(Lmid_t name_space, const char* file, int mode) {
  void* (*const next)(Lmid_t, const char*, int) =
      (void* (*)(Lmid_t, const char*, int))(uintptr_t)dlsym(RTLD_NEXT, "dlmopen");
  say_reached("dlmopen");
  void* result = next(name_space, file, mode);
  __asm__ volatile("" : "+r"(result));
  return result;
}
