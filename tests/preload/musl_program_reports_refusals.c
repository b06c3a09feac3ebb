// SPDX-License-Identifier: Apache-2.0
// Makes calls that a seal refuses, and others, through musl's functions, and tries to make code.
#include "names.h"
#include "objects.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <unistd.h>

static size_t page;

static void tell(const char* what, long result) {
  say(what, ": ", libc_answer(result), "\n");
}

static __attribute__((noinline)) void protect(void* at) {
  tell("mprotect", mprotect(at, page, PROT_READ | PROT_EXEC));
}
static __attribute__((noinline)) void unmap(void* at) {
  tell("munmap", munmap(at, page));
}
static __attribute__((noinline)) void move(void* at, void* to) {
  tell("mremap", (long)mremap(at, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, to));
}

static void* own_page(void) {
  return mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_code(const char* what, const char* name) {
  void* const at = own_page();
  let(name, (uintptr_t)at);
  tell(what, mprotect(at, page, PROT_READ | PROT_EXEC));
}

static void* text_of_library(const char* name) {
  dlopen(name, RTLD_NOW);
  const struct object library = object_named(name);
  return text_of(&library);
}

int main(void) {
  page = page_size();
  void* const first = text_of_library("libplain.so");
  void* const second = text_of_library("libstorm1.so");
  void* const third = text_of_library("libstorm2.so");
  dlsym(RTLD_DEFAULT, "plain_answer"); // musl calls no load hook; this is where they are seen
  void* const own = own_page();
  let("page", page);
  let("first", (uintptr_t)first);
  let("second", (uintptr_t)second);
  let("third", (uintptr_t)third);
  let("own", (uintptr_t)own);
  protect(first);
  unmap(second);
  move(third, own);
  tell("madvise", madvise(own_page(), page, 999));
  tell("posix_madvise", posix_madvise(own_page(), page, POSIX_MADV_WILLNEED));
  tell("own memory", munmap(own_page(), page));
  make_code("new code", "new");
  const pid_t child = fork();
  if (child == 0) {
    make_code("new code in a child", "newer");
    _exit(0);
  }
  waitpid(child, NULL, 0);
  raw3(SYS_exit_group, 0, 0, 0); // the _fini of what is no longer there cannot be run
}
