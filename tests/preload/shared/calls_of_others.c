// SPDX-License-Identifier: Apache-2.0
// Has calls that a seal refuses made by a library that comes late, by one that has come back, and
// by code that is no object's.
#include "names.h"
#include "pages.h"

#include <sys/mman.h>

#include <dlfcn.h>

typedef int protect(void* at, size_t size);

static void* text;

static void have_made_by(const char* who, protect* function) {
  const long result = function(text, page_size());
  say("by ", who, ": ", libc_answer(result), "\n");
}

static void have_made_by_library(const char* who) {
  void* const library = dlopen("libcaller.so", RTLD_NOW);
  have_made_by(who, (protect*)(uintptr_t)dlsym(library, "protect_for"));
  dlclose(library);
}

/// Calls mprotect(first argument, second, third argument) from memory that belongs to nobody.
static protect* make_code(void) {
  // An instruction a line.
  // clang-format off
  static const unsigned char code[] = {
#if defined(__x86_64__)
      0xf3, 0x0f, 0x1e, 0xfa, // endbr64
      0x48, 0x83, 0xec, 0x08, // sub $8, %rsp
      0xba, 0x07, 0x00, 0x00, 0x00, // mov $7, %edx
      0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, // movabs $mprotect, %rax
      0xff, 0xd0, // call *%rax
      0x48, 0x83, 0xc4, 0x08, // add $8, %rsp
      0xc3, // ret
#define AT_FUNCTION 15
#define BEHIND_CALL 25
#else
      0xfd, 0x7b, 0xbf, 0xa9, // stp x29, x30, [sp, #-16]!
      0xe2, 0x00, 0x80, 0x52, // mov w2, #7
      0x90, 0x00, 0x00, 0x58, // ldr x16, .+16
      0x00, 0x02, 0x3f, 0xd6, // blr x16
      0xfd, 0x7b, 0xc1, 0xa8, // ldp x29, x30, [sp], #16
      0xc0, 0x03, 0x5f, 0xd6, // ret
      0, 0, 0, 0, 0, 0, 0, 0,
#define AT_FUNCTION 24
#define BEHIND_CALL 16
#endif
  };
  // clang-format on
  char* const pages =
      mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const uintptr_t function = (uintptr_t)mprotect;
  __builtin_memcpy(pages, code, sizeof code);
  __builtin_memcpy(pages + AT_FUNCTION, &function, sizeof function);
  raw3(SYS_mprotect, pages, page_size(), PROT_READ | PROT_EXEC);
  __builtin___clear_cache(pages, pages + sizeof code);
  let("behind_the_call", (uintptr_t)pages + BEHIND_CALL);
  return (protect*)(uintptr_t)pages;
}

int main(void) {
  text = (void*)(uintptr_t)pages_in("text");
  let("text", (uintptr_t)text);
  let("page", page_size());
  have_made_by_library("a library");
  // Something else is where it was before, unless it has been kept.
  void* const other = dlopen("libstorm1.so", RTLD_NOW);
  have_made_by_library("one that has come back");
  dlclose(other);
  have_made_by("nobody", make_code());
}
