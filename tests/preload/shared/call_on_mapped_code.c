// SPDX-License-Identifier: Apache-2.0
// Maps code from the file that the argument names, and makes calls on it that a seal refuses.
#include "names.h"

#include <sys/mman.h>

#include <fcntl.h>

static size_t page;

static __attribute__((noinline)) void protect(void* code) {
  say("mprotect: ", libc_answer(mprotect(code, page, PROT_READ)), "\n");
}

static __attribute__((noinline)) void unmap(void* code) {
  say("munmap: ", libc_answer(munmap(code, page)), "\n");
}

int main(int count, char** words) {
  const int file = count > 1 ? open(words[1], O_RDONLY | O_CLOEXEC) : -1;
  page = page_size();
  void* const code = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  let("page", page);
  let("code", (uintptr_t)code);
  protect(code);
  unmap(code);
}
