// SPDX-License-Identifier: Apache-2.0
// A library that stands in front of mmap, mremap and madvise as well, as memory profilers do, and
// counts the calls that reach it.
#include <sys/mman.h>

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct counts {
  int mmap;
  int mremap;
  int madvise;
};
struct counts counts;

void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) {
  void* (*next)(void*, size_t, int, int, int, off_t) =
      (void* (*)(void*, size_t, int, int, int, off_t))(uintptr_t)dlsym(RTLD_NEXT, "mmap");
  counts.mmap++;
  void* result = next(at, size, protection, flags, file, offset);
  // Keeps the call from being a jump, behind which the program would be the caller.
  __asm__ volatile("" : "+r"(result));
  return result;
}

void* mremap(void* at, size_t old_size, size_t new_size, int flags, ...) {
  void* (*next)(void*, size_t, size_t, int, ...) =
      (void* (*)(void*, size_t, size_t, int, ...))(uintptr_t)dlsym(RTLD_NEXT, "mremap");
  va_list rest;
  va_start(rest, flags);
  void* const new_at = va_arg(rest, void*);
  va_end(rest);
  counts.mremap++;
  return next(at, old_size, new_size, flags, new_at);
}

int madvise(void* at, size_t size, int advice) {
  int (*next)(void*, size_t, int) =
      (int (*)(void*, size_t, int))(uintptr_t)dlsym(RTLD_NEXT, "madvise");
  counts.madvise++;
  return next(at, size, advice);
}
