// SPDX-License-Identifier: Apache-2.0
// A dynamic program without libc calls memory functions where somebody else has them.
#include "names.h"
#include "start.h"

#include <linux/mman.h>

typedef long off_type;
void* mmap(void*, size_t, int, int, int, off_type) __attribute__((weak));
int mprotect(void*, size_t, int) __attribute__((weak));
int munmap(void*, size_t) __attribute__((weak));
void* mremap(void*, size_t, size_t, int, ...) __attribute__((weak));
int madvise(void*, size_t, int) __attribute__((weak));
int posix_madvise(void*, size_t, int) __attribute__((weak));
extern int plain_answer(void);

enum { page = 65536 }; ///< the largest that kernels are built with
enum { rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS };

static const char* word_for(long result) {
  return result == -1 ? "refused" : "done";
}

static __attribute__((noinline)) void use_own_memory(void) {
  char* const own = mmap(NULL, 2 * page, rw, anonymous, -1, 0);
  say("own memory: ", word_for((long)own), "\n");
  say("own memory protected: ", word_for(mprotect(own, page, PROT_READ)), "\n");
  char* const moved = mremap(own, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, own + page);
  say("own memory moved: ", moved == own + page ? "done" : "not done", "\n");
  say("own memory advised: ", word_for(madvise(moved, page, MADV_DONTNEED)), ", ",
      word_for(posix_madvise(moved, page, 3)), "\n"); // POSIX_MADV_WILLNEED
  say("own memory unmapped: ", word_for(munmap(moved, page)), "\n");
}

static __attribute__((noinline)) void protect_code(void* at) {
  say("code protected: ", word_for(mprotect(at, 4096, PROT_READ | PROT_EXEC)), "\n");
}

static __attribute__((noinline)) void unmap_code(void* at) {
  say("code unmapped: ", word_for(munmap(at, 4096)), "\n");
}

static _Noreturn void start(const uintptr_t* stack) {
  (void)stack;
  if (mmap == NULL) {
    say("no memory functions\n");
    raw3(SYS_exit_group, 0, 0, 0);
  }
  void* const code = (void*)((uintptr_t)plain_answer & ~(uintptr_t)4095);
  let("code", (uintptr_t)code);
  use_own_memory();
  protect_code(code);
  unmap_code(code);
  raw3(SYS_exit_group, 0, 0, 0);
  __builtin_unreachable();
}
