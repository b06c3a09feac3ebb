// SPDX-License-Identifier: Apache-2.0
// A library that stands in front of dlopen with a definition of type IFUNC, which is resolved when
// somebody binds the name, and in front of dlmopen with one of no type, as assembly leaves it.
#include "wrapping.h"

static void* open_as_others_do(const char* file, int mode) {
  void* (*const next)(const char*, int) =
      (void* (*)(const char*, int))(uintptr_t)dlsym(RTLD_NEXT, "dlopen");
  say_reached("dlopen");
  void* result = next(file, mode);
  __asm__ volatile("" : "+r"(result));
  return result;
}

// Clang sees no use in the attribute that names it.
__attribute__((used)) static void* (*choose(void))(const char*, int) {
  return open_as_others_do;
}

void* dlopen(const char* file, int mode) __attribute__((ifunc("choose")));

void* open_in_namespace(Lmid_t name_space, const char* file, int mode);
__attribute__((visibility("hidden"))) void* open_in_namespace(Lmid_t name_space, const char* file,
                                                              int mode) {
  void* (*const next)(Lmid_t, const char*, int) =
      (void* (*)(Lmid_t, const char*, int))(uintptr_t)dlsym(RTLD_NEXT, "dlmopen");
  say_reached("dlmopen");
  void* result = next(name_space, file, mode);
  __asm__ volatile("" : "+r"(result));
  return result;
}

#if defined(__x86_64__)
#define LANDING "endbr64\n"
#define JUMP "jmp"
#else
#define LANDING "bti c\n"
#define JUMP "b"
#endif
__asm__(".globl dlmopen\n"
        "dlmopen:\n" LANDING JUMP " open_in_namespace\n");
