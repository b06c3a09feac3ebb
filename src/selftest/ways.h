// SPDX-License-Identifier: Apache-2.0
// The two ways of making a call, by libc's function or without libc, and what an attempt that is
// made in a child came to.
#pragma once

#include "selftest/raw.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/uio.h>

#include <signal.h>
#include <unistd.h>

/// In order of what they mean. Exit codes of an attempt; whatever else ends it is an effect, too.
enum effect { refused = 40, harmless, opened };

/// Which way attempts take, and whether the kernel did anything that this one asked for.
static bool by_libc;
static bool something_done;

static void note_done(bool done) {
  something_done = something_done || done;
}

static long own_id(void) {
  return raw3(SYS_getpid, 0, 0, 0);
}

/// A child without what libc does for one.
static long raw_fork(void) {
  return raw3(SYS_clone, SIGCHLD, 0, 0);
}

/// Its status as wait4 has it.
static int raw_wait(long child) {
  int status = -1;
  return raw_call(SYS_wait4, child, (long)&status, 0, 0, 0, 0) == child ? status : -1;
}

/// -1 where it failed. Those that libc has no function for go by its syscall().
static long libc_call(long number, long a, long b, long c, long d, long e, long f) {
  // musl has neither, and glibc before 2.36 not this one.
  extern int pkey_mprotect(void*, size_t, int, int) __attribute__((weak));
  extern ssize_t process_madvise(int, const struct iovec*, size_t, int, unsigned)
      __attribute__((weak));
  switch (number) {
  case SYS_munmap:
    return munmap((void*)a, (size_t)b);
  case SYS_mmap:
    return (long)mmap((void*)a, (size_t)b, (int)c, (int)d, (int)e, f);
  case SYS_mprotect:
    return mprotect((void*)a, (size_t)b, (int)c);
  case SYS_pkey_mprotect:
    if (pkey_mprotect != NULL) {
      return pkey_mprotect((void*)a, (size_t)b, (int)c, (int)d);
    }
    break;
  case SYS_mremap:
    return (long)mremap((void*)a, (size_t)b, (size_t)c, (int)d, (void*)e);
  case SYS_madvise:
    return madvise((void*)a, (size_t)b, (int)c);
  case SYS_shmat:
    return (long)shmat((int)a, (const void*)b, (int)c);
  case SYS_remap_file_pages:
    return remap_file_pages((void*)a, (size_t)b, (int)c, (size_t)d, (int)e);
  case SYS_brk:
    return brk((void*)a);
  case SYS_process_madvise:
    if (process_madvise != NULL) {
      return process_madvise((int)a, (const struct iovec*)b, (size_t)c, (int)d, (unsigned)e);
    }
    break;
  default:
    break;
  }
  return syscall(number, a, b, c, d, e, f);
}

/// One step of an attempt, in the way that it takes; negative where it failed.
static long called(long number, long a, long b, long c, long d, long e, long f) {
  if (by_libc) {
    return libc_call(number, a, b, c, d, e, f);
  }
  const long result = raw_call(number, a, b, c, d, e, f);
  // What is refused of it leaves brk where it is (brk(2), "C library/kernel differences").
  return number == SYS_brk && result != a ? -1 : result;
}

/// The step that an attempt is about.
static long tried(long number, long a, long b, long c, long d, long e, long f) {
  const long result = called(number, a, b, c, d, e, f);
  note_done(result >= 0 || result < -4095);
  return result;
}
#define tried3(number, a, b, c) tried(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)

/// In the child: it leaves no core and no line in the kernel's log, and waits for nothing for long.
static void begin_attempt(void (*die)(int signal)) {
  static const int deaths[] = {SIGSEGV, SIGBUS, SIGILL};
  raw3(SYS_prctl, PR_SET_DUMPABLE, 0, 0);
  for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
    signal(deaths[i], die);
  }
  alarm(10);
  something_done = false;
}

_Noreturn static void end_attempt(bool had_effect) {
  raw3(SYS_exit_group, had_effect ? opened : something_done ? harmless : refused, 0, 0);
  __builtin_unreachable();
}

static enum effect effect_in(int status) {
  const int code = (status & 0x7f) == 0 ? status >> 8 & 0xff : opened;
  return code == refused || code == harmless ? (enum effect)code : opened;
}
