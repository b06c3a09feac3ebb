// SPDX-License-Identifier: Apache-2.0
// A library whose dlopen has a version of its own name, and whose dlmopen one of libc's that is not
// the default any more: no program that was linked with today's libc reaches either.
#include "wrapping.h"

void* foreign_dlopen(const char* file, int mode);
void* foreign_dlopen(const char* file, int mode) {
  (void)file, (void)mode;
  say_reached("dlopen");
  return NULL;
}
__asm__(".symver foreign_dlopen, dlopen@@FOREIGN_1");

void* old_dlmopen(Lmid_t name_space, const char* file, int mode);
void* old_dlmopen(Lmid_t name_space, const char* file, int mode) {
  (void)name_space, (void)file, (void)mode;
  say_reached("dlmopen");
  return NULL;
}
__asm__(".symver old_dlmopen, dlmopen@GLIBC_2.0");
