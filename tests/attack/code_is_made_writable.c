// SPDX-License-Identifier: Apache-2.0
// Make code writable and write other code into it: the program's own, libc's, and that of a library
// that came late; by mprotect, and by pkey_mprotect without a key, which is the same.
//
// with the shim, exit 0:
//   mprotect main's code: EPERM, answers 1
//   mprotect libc's code: EPERM, answers 1
//   mprotect libstorm1.so's code: EPERM, answers 42
//   pkey_mprotect main's code: EPERM, answers 1
//   pkey_mprotect libc's code: EPERM, answers 1
//   pkey_mprotect libstorm2.so's code: EPERM, answers 42
// without it, exit 0:
//   mprotect main's code: done, answers 666
//   mprotect libc's code: done, answers 666
//   mprotect libstorm1.so's code: done, answers 666
//   pkey_mprotect main's code: done, answers 666
//   pkey_mprotect libc's code: done, answers 666
//   pkey_mprotect libstorm2.so's code: done, answers 666
#include "attack.h"

#include <dlfcn.h>

static long mprotect_pages(struct extent pages, int protection) {
  return raw3(SYS_mprotect, pages.start, pages.end - pages.start, protection);
}

static long pkey_mprotect_pages(struct extent pages, int protection) {
  return raw_call(SYS_pkey_mprotect, (long)pages.start, (long)(pages.end - pages.start), protection,
                  -1, 0, 0);
}

static void attack(const char* how, long (*protect)(struct extent, int), const char* whose,
                   void* function) {
  long (*victim)(long) = (long (*)(long))(uintptr_t)function;
  const struct extent pages = pages_around((uintptr_t)victim);
  const long opened = protect(pages, PROT_READ | PROT_WRITE | PROT_EXEC);
  if (opened == 0) {
    copy_bytes(function, foreign_code, sizeof foreign_code);
    protect(pages, PROT_READ | PROT_EXEC);
    __builtin___clear_cache((char*)function, (char*)function + sizeof foreign_code);
  }
  say(how, " ", whose, "'s code: ", answer(opened), ", answers ", decimal((int)victim(-1)), "\n");
}

__attribute__((noinline)) static long first_own(long value) {
  __asm__ volatile("" : "+r"(value));
  return value * value;
}
__attribute__((noinline)) static long second_own(long value) {
  __asm__ volatile("" : "+r"(value));
  return -value;
}

static void* of_late(const char* library) {
  return dlsym(dlopen(library, RTLD_NOW), "plain_answer");
}

int main(void) {
  attack("mprotect", mprotect_pages, "main", (void*)(uintptr_t)first_own);
  attack("mprotect", mprotect_pages, "libc", dlsym(RTLD_DEFAULT, "labs"));
  attack("mprotect", mprotect_pages, "libstorm1.so", of_late("libstorm1.so"));
  attack("pkey_mprotect", pkey_mprotect_pages, "main", (void*)(uintptr_t)second_own);
  attack("pkey_mprotect", pkey_mprotect_pages, "libc", dlsym(RTLD_DEFAULT, "llabs"));
  attack("pkey_mprotect", pkey_mprotect_pages, "libstorm2.so", of_late("libstorm2.so"));
  // The forged code may reach into the _fini behind a last function.
  raw3(SYS_exit_group, 0, 0, 0);
}
