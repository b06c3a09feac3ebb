// SPDX-License-Identifier: Apache-2.0
// A library that stands in front of dlsym and answers for a function of its own, as those do that
// put themselves between a program and a graphics library. It has looked up the real one by its
// version, and itself, before main.
#include "wrapping.h"

#include <string.h>

static int fake(void) {
  return 42;
}

void* dlsym(void* handle, const char* name) {
  static void* (*real)(void*, const char*);
#if defined(__x86_64__)
  static const char* const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5"};
#else
  static const char* const versions[] = {"GLIBC_2.34", "GLIBC_2.17"};
#endif
  for (int i = 0; i < 2 && real == NULL; ++i)
    real = (void* (*)(void*, const char*))(uintptr_t)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
  if (strcmp(name, "faked") == 0) {
    say_reached("dlsym of faked");
    return (void*)(uintptr_t)fake;
  }
#ifdef TELLS_ALL
  say_reached("dlsym");
#endif
  void* result = real(handle, name);
  __asm__ volatile("" : "+r"(result));
  return result;
}

__attribute__((constructor)) static void construct(void) {
  void* (*const lookup)(void*, const char*) = dlsym;
  const char* whose =
      lookup(RTLD_DEFAULT, "faked") == (void*)(uintptr_t)fake ? "its own" : "another's";
  const char* found = lookup(RTLD_NEXT, "labs") != NULL ? "found" : "missing";
  say(WRAPPER ": in its constructor ", whose, ", labs ", found, "\n");
}
