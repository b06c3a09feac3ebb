// SPDX-License-Identifier: Apache-2.0
// Attacks on memory, judged by what they leave there. C and C++, any libc.
#pragma once

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline const char* error_name(int error) {
  switch (error) {
  case 0:
    return "done";
  case EPERM:
    return "EPERM";
  case ENOENT:
    return "ENOENT";
  case EAGAIN:
    return "EAGAIN";
  case EMFILE:
    return "EMFILE";
  case ENOMEM:
    return "ENOMEM";
  case EACCES:
    return "EACCES";
  case EBUSY:
    return "EBUSY";
  case EINVAL:
    return "EINVAL";
  case ENOSYS:
    return "ENOSYS";
  default:
    return strerror(error);
  }
}

/// Without libc's functions, which the shim interposes: the answer is the kernel's.
static inline int attack_result(long result) {
  return result == -1 ? errno : 0;
}

/// Whether the byte at `address` is readable, and is `wanted`.
static inline const char* state_of(const volatile char* address, char wanted) {
  int ends[2];
  char byte = 0;
  if (pipe(ends) != 0)
    return "unknown";
  const bool readable =
      write(ends[1], (const void*)address, 1) == 1 && read(ends[0], &byte, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return !readable ? "gone" : byte == wanted ? "as before" : "changed";
}

enum attack { discard, unlock, unmap, move_over, map_over, guard, write_to };
static const char* const attack_names[] = {
    "MADV_DONTNEED", "mprotect", "munmap", "mremap over", "mmap over", "GUARD_INSTALL", "write"};
enum { all_attacks = 7, advice_guard_install = 102 };

/// On `size` bytes of whole pages; `watched`, in them, is what it wants to change.
static inline long make_attack(enum attack attack, char* pages, size_t size,
                               volatile char* watched) {
  void* mine;
  switch (attack) {
  case discard:
    return syscall(SYS_madvise, pages, size, MADV_DONTNEED);
  case unlock:
    if (syscall(SYS_mprotect, pages, size, PROT_READ | PROT_WRITE) != 0)
      return -1;
    *watched = 'X';
    return 0;
  case unmap:
    return syscall(SYS_munmap, pages, size);
  case move_over:
    mine = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return syscall(SYS_mremap, mine, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, pages);
  case map_over:
    return syscall(SYS_mmap, pages, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                   0L);
  case guard:
    return syscall(SYS_madvise, pages, size, advice_guard_install);
  case write_to:
    *watched = 'X';
    return 0;
  }
  return -1;
}

/// Each attack on the pages around `watched` in a child of its own: `WHAT: ATTACK: ANSWER, STATE`.
static inline void attempt_all(const char* what, volatile char* watched, size_t size) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  char* const pages = (char*)((uintptr_t)watched & ~(page - 1));
  const char wanted = *watched;
  for (int i = 0; i < all_attacks; i++) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      const struct rlimit no_core = {0, 0};
      setrlimit(RLIMIT_CORE, &no_core);
      const int error = attack_result(make_attack((enum attack)i, pages, size, watched));
      printf("%s: %s: %s, %s\n", what, attack_names[i], error_name(error),
             state_of(watched, wanted));
      fflush(stdout);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
      printf("%s: %s: %s\n", what, attack_names[i],
             WTERMSIG(status) == SIGSEGV ? "SIGSEGV" : "killed");
  }
}
