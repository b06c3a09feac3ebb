// SPDX-License-Identifier: Apache-2.0
// A copy of a page in which one function is another, and putting it in the place of the original.
// System calls are made without libc, whose pages can be what is being attacked.
#pragma once

#include "selftest/maps.h"

#include <sys/mman.h>

/// What a function answers once it has been replaced.
enum { foreign_answer = 666 };

/// Machine code of a function that returns foreign_answer, with a landing pad for indirect calls.
static const unsigned char foreign_code[] = {
#if defined(__x86_64__)
    0xf3, 0x0f, 0x1e, 0xfa,       // endbr64
    0xb8, 0x9a, 0x02, 0x00, 0x00, // mov $666, %eax
    0xc3,                         // ret
#elif defined(__powerpc64__)
    0x9a, 0x02, 0x60, 0x38, // li r3, 666
    0x20, 0x00, 0x80, 0x4e, // blr
#elif defined(__s390x__)
    0xa7, 0x29, 0x02, 0x9a, // lghi %r2, 666
    0x07, 0xfe,             // br %r14
#elif defined(__riscv)
    0x13, 0x05, 0xa0, 0x29, // li a0, 666
    0x82, 0x80,             // ret
#elif defined(__loongarch64)
    0x04, 0x68, 0x8a, 0x02, // li.w $a0, 666
    0x20, 0x00, 0x00, 0x4c, // ret
#else
    0x5f, 0x24, 0x03, 0xd5, // bti c
    0x40, 0x53, 0x80, 0x52, // mov w0, #666
    0xc0, 0x03, 0x5f, 0xd6, // ret
#endif
};

static inline void copy_bytes(void* to, const void* from, size_t size) {
  for (size_t i = 0; i < size; i++) {
    ((volatile unsigned char*)to)[i] = ((const volatile unsigned char*)from)[i];
  }
}

/// New memory that holds what these pages hold.
static inline char* copy_of_pages(struct extent pages) {
  const long copy = raw_call(SYS_mmap, 0, (long)(pages.end - pages.start), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  copy_bytes((void*)copy, (const void*)pages.start, pages.end - pages.start);
  return (char*)copy;
}

/// The pages that the foreign code would fill at `function`.
static inline struct extent pages_around(uintptr_t function) {
  return (struct extent){page_of(function), next_page_of(function + sizeof foreign_code)};
}

/// Executable memory with the function's pages, the function itself foreign.
static inline char* forged_code(uintptr_t function) {
  const struct extent pages = pages_around(function);
  char* copy = copy_of_pages(pages);
  copy_bytes(copy + (function - pages.start), foreign_code, sizeof foreign_code);
  raw3(SYS_mprotect, copy, pages.end - pages.start, PROT_READ | PROT_EXEC);
  __builtin___clear_cache(copy, copy + (pages.end - pages.start));
  return copy;
}

/// Moves `forged` to where `pages` are, or to where they were.
static inline long put_in_place(const char* forged, struct extent pages) {
  const size_t size = pages.end - pages.start;
  return raw_call(SYS_mremap, (long)forged, (long)size, (long)size, MREMAP_MAYMOVE | MREMAP_FIXED,
                  (long)pages.start, 0);
}
