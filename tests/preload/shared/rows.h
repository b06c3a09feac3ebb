// SPDX-License-Identifier: Apache-2.0
// The table of compare_calls.c: calls with good arguments and with bad ones.
#pragma once

#include "raw.h"

#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>

// Places on the ground, counted in pages: a page's start, a byte behind it, a size.
enum { kind_at = 0x5a01, kind_off, kind_pages, kind_file, kind_segment, kind_part };
#define AT(page) ((long)kind_at << 48 | (page))
#define OFF(page) ((long)kind_off << 48 | (page))
#define PAGES(count) ((long)kind_pages << 48 | (count))
#define READ_ONLY ((long)kind_file << 48 | 0)
#define READ_WRITE ((long)kind_file << 48 | 1)
#define SEGMENT ((long)kind_segment << 48)
#define PART ((long)kind_part << 48)

#define part iovec
enum { hole = 4, of_read_only_file = 5, of_file = 6 };
enum { self = -10001 }; ///< PIDFD_SELF_THREAD_GROUP of linux/pidfd.h
#define TOO_MUCH (1L << 62)

enum function {
  f_mmap,
  f_mmap64,
  f_mprotect,
  f_pkey_mprotect,
  f_munmap,
  f_mremap,
  f_mremap_of_four,
  f_madvise,
  f_posix_madvise,
  f_process_madvise,
  f_shmat,
  f_remap_file_pages,
};

struct row {
  enum function function;
  const char* what;
  long words[6];
};

#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
/* Its versions set braces in a macro otherwise. */
/* clang-format off */
#define MMAP_ROWS(f)                                                                               \
  {f, "anywhere", {0, PAGES(2), RW, PRIVATE, -1, 0}},                                              \
      {f, "of code", {0, PAGES(2), PROT_READ | PROT_EXEC, PRIVATE, -1, 0}},                        \
      {f, "fixed", {AT(1), PAGES(2), PROT_READ, PRIVATE | MAP_FIXED, -1, 0}},                      \
      {f, "of a file", {AT(1), PAGES(1), RW, MAP_SHARED | MAP_FIXED, READ_WRITE, PAGES(1)}},       \
      {f, "of a file as code", {AT(1), PAGES(1), 5, MAP_PRIVATE | MAP_FIXED, READ_ONLY, 0}},       \
      {f, "fixed, no replacing", {AT(hole), PAGES(1), RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0}},  \
      {f, "fixed over what is there", {AT(1), PAGES(1), RW, PRIVATE | MAP_FIXED_NOREPLACE, -1}},   \
      {f, "fixed, unaligned", {OFF(1), PAGES(1), RW, PRIVATE | MAP_FIXED, -1, 0}},                 \
      {f, "of nothing", {0, 0, RW, PRIVATE, -1, 0}},                                               \
      {f, "of too much", {0, TOO_MUCH, RW, PRIVATE, -1, 0}},                                       \
      {f, "without a type", {0, PAGES(2), RW, MAP_ANONYMOUS, -1, 0}},                              \
      {f, "of no file", {0, PAGES(2), RW, MAP_SHARED, -1, 0}},                                     \
      {f, "at an odd offset", {0, PAGES(2), PROT_READ, MAP_SHARED, READ_WRITE, 1}},                \
      {f, "writing to a read-only file", {0, PAGES(2), RW, MAP_SHARED, READ_ONLY, 0}}
/* clang-format on */

static const struct row rows[] = {
    MMAP_ROWS(f_mmap),
    MMAP_ROWS(f_mmap64),
    {f_mprotect, "to nothing", {AT(1), PAGES(2), PROT_NONE}},
    {f_mprotect, "to code", {AT(1), PAGES(2), PROT_READ | PROT_EXEC}},
    {f_mprotect, "of a file to code", {AT(of_read_only_file), PAGES(1), PROT_READ | PROT_EXEC}},
    {f_mprotect, "of no pages", {AT(1), 0, PROT_READ}},
    {f_mprotect, "up to a hole", {AT(2), PAGES(4), PROT_READ}},
    {f_mprotect, "unaligned", {OFF(1), PAGES(1), PROT_READ}},
    {f_mprotect, "of too much", {AT(1), -1, PROT_READ}},
    {f_mprotect, "to write a read-only file", {AT(of_read_only_file), PAGES(1), RW}},
    {f_mprotect, "both ways", {AT(1), PAGES(1), PROT_GROWSDOWN | PROT_GROWSUP}},
    {f_pkey_mprotect, "without a key", {AT(1), PAGES(2), PROT_READ, -1}},
    {f_pkey_mprotect, "with a key that is not there", {AT(1), PAGES(2), PROT_READ, 99}},
    {f_pkey_mprotect, "up to a hole", {AT(2), PAGES(4), PROT_READ, -1}},
    {f_munmap, "", {AT(1), PAGES(2)}},
    {f_munmap, "beyond a hole", {AT(3), PAGES(3)}},
    {f_munmap, "of nothing", {AT(1), 0}},
    {f_munmap, "unaligned", {OFF(1), PAGES(1)}},
    {f_munmap, "of too much", {AT(1), -1}},
    {f_mremap, "to less", {AT(0), PAGES(4), PAGES(2), 0, 0}},
    {f_mremap, "to more", {AT(2), PAGES(2), PAGES(3), 0, 0}},
    {f_mremap, "to more than there is room for", {AT(0), PAGES(4), PAGES(6), 0, 0}},
    {f_mremap, "fixed", {AT(0), PAGES(2), PAGES(2), MREMAP_MAYMOVE | MREMAP_FIXED, AT(8)}},
    {f_mremap, "fixed onto itself", {AT(0), PAGES(2), PAGES(2), 3, AT(1)}},
    {f_mremap, "fixed, not to be moved", {AT(0), PAGES(2), PAGES(2), MREMAP_FIXED, AT(8)}},
    {f_mremap, "keeping the old place", {AT(0), PAGES(2), PAGES(2), 4 | MREMAP_MAYMOVE, 0}},
    {f_mremap, "keeping it, fixed", {AT(0), PAGES(2), PAGES(2), 7, AT(8)}},
    {f_mremap, "unaligned", {OFF(0), PAGES(1), PAGES(1), 0, 0}},
    {f_mremap, "of a hole", {AT(hole), PAGES(1), PAGES(1), 0, 0}},
    {f_mremap, "to nothing", {AT(0), PAGES(1), 0, 0, 0}},
    {f_mremap, "with unknown flags", {AT(0), PAGES(1), PAGES(1), 1 << 20, 0}},
    {f_mremap_of_four, "to less", {AT(0), PAGES(4), PAGES(2), 0}},
    {f_mremap_of_four, "to more, elsewhere", {AT(0), PAGES(4), PAGES(20), MREMAP_MAYMOVE}},
    {f_mremap_of_four, "to more than there is room for", {AT(0), PAGES(4), PAGES(6), 0}},
    {f_madvise, "will need", {AT(0), PAGES(4), MADV_WILLNEED}},
    {f_madvise, "do not need", {AT(0), PAGES(2), MADV_DONTNEED}},
    {f_madvise, "do not need beyond a hole", {AT(2), PAGES(4), MADV_DONTNEED}},
    {f_madvise, "free a file", {AT(of_file), PAGES(1), MADV_FREE}},
    {f_madvise, "unknown", {AT(0), PAGES(1), 999}},
    {f_madvise, "unaligned", {OFF(0), PAGES(1), MADV_DONTNEED}},
    {f_posix_madvise, "will need", {AT(0), PAGES(4), POSIX_MADV_WILLNEED}},
    {f_posix_madvise, "do not need", {AT(0), PAGES(4), POSIX_MADV_DONTNEED}},
    {f_posix_madvise, "do not need, unaligned", {OFF(0), PAGES(4), POSIX_MADV_DONTNEED}},
    {f_posix_madvise, "will need a hole", {AT(3), PAGES(2), POSIX_MADV_WILLNEED}},
    {f_posix_madvise, "unknown", {AT(0), PAGES(4), 999}},
    {f_process_madvise, "cold", {self, PART, 1, MADV_COLD, 0}},
    {f_process_madvise, "do not need", {self, PART, 1, MADV_DONTNEED, 0}},
    {f_process_madvise, "of no parts", {self, PART, 0, MADV_DONTNEED, 0}},
    {f_process_madvise, "of no array", {self, 0, 1, MADV_DONTNEED, 0}},
    {f_process_madvise, "of an array that ends in nothing", {self, AT(hole), 1, MADV_DONTNEED, 0}},
    {f_process_madvise, "of too many parts", {self, PART, 1 << 20, MADV_DONTNEED, 0}},
    {f_process_madvise, "of nobody", {-1, PART, 1, MADV_DONTNEED, 0}},
    {f_process_madvise, "with flags", {self, PART, 1, MADV_DONTNEED, 1}},
    {f_shmat, "anywhere", {SEGMENT, 0, 0}},
    {f_shmat, "over what is there", {SEGMENT, AT(1), SHM_REMAP}},
    {f_shmat, "over what is there, unasked", {SEGMENT, AT(1), 0}},
    {f_shmat, "into a hole", {SEGMENT, AT(hole), SHM_RDONLY}},
    {f_shmat, "rounded", {SEGMENT, OFF(hole), SHM_RND}},
    {f_shmat, "unaligned", {SEGMENT, OFF(hole), 0}},
    {f_shmat, "over what is nowhere", {SEGMENT, 0, SHM_REMAP}},
    {f_shmat, "of no segment", {-1, 0, 0}},
    {f_remap_file_pages, "", {AT(of_file), PAGES(1), 0, 2, 0}},
    {f_remap_file_pages, "with a protection", {AT(of_file), PAGES(1), PROT_READ, 2, 0}},
    {f_remap_file_pages, "of private memory", {AT(0), PAGES(1), 0, 0, 0}},
    {f_remap_file_pages, "of nothing", {AT(of_file), 0, 0, 0, 0}},
};
static const size_t row_count = sizeof rows / sizeof *rows;

static inline const char* name_of(enum function function) {
  static const char* const names[] = {
      "mmap",      "mmap64",  "mprotect",      "pkey_mprotect",   "munmap", "mremap",
      "mremap(4)", "madvise", "posix_madvise", "process_madvise", "shmat",  "remap_file_pages"};
  return names[function];
}

static inline bool returns_address(enum function function) {
  return function <= f_mmap64 || function == f_mremap || function == f_mremap_of_four ||
         function == f_shmat;
}

/// How much there is at the address that a call returned.
static inline long size_of_answer(enum function function, const long* words) {
  const bool by_mmap = function == f_mmap || function == f_mmap64;
  return by_mmap ? words[1] : function == f_shmat ? (long)page_size() : words[2];
}

/// Rather than set errno.
static inline bool returns_error(enum function function) {
  return function == f_posix_madvise;
}

/// As a program that includes the headers calls it.
static inline long call_libc(enum function function, const long* w) {
  void* const at = (void*)w[0];
  switch (function) {
  case f_mmap:
    return (long)mmap(at, (size_t)w[1], (int)w[2], (int)w[3], (int)w[4], w[5]);
  case f_mmap64:
    return (long)mmap64(at, (size_t)w[1], (int)w[2], (int)w[3], (int)w[4], w[5]);
  case f_mprotect:
    return mprotect(at, (size_t)w[1], (int)w[2]);
  case f_pkey_mprotect:
    return pkey_mprotect(at, (size_t)w[1], (int)w[2], (int)w[3]);
  case f_munmap:
    return munmap(at, (size_t)w[1]);
  case f_mremap:
    return (long)mremap(at, (size_t)w[1], (size_t)w[2], (int)w[3], (void*)w[4]);
  case f_mremap_of_four:
    return (long)mremap(at, (size_t)w[1], (size_t)w[2], (int)w[3]);
  case f_madvise:
    return madvise(at, (size_t)w[1], (int)w[2]);
  case f_posix_madvise:
    return -posix_madvise(at, (size_t)w[1], (int)w[2]);
  case f_process_madvise:
    return process_madvise((int)w[0], (const struct iovec*)w[1], (size_t)w[2], (int)w[3],
                           (unsigned)w[4]);
  case f_shmat:
    return (long)shmat((int)w[0], (void*)w[1], (int)w[2]);
  case f_remap_file_pages:
    return remap_file_pages(at, (size_t)w[1], (int)w[2], (size_t)w[3], (int)w[4]);
  }
  return 0;
}

static inline long call_kernel(enum function function, const long* w) {
  static const long numbers[] = {
      SYS_mmap,   SYS_mmap,    SYS_mprotect, SYS_pkey_mprotect,   SYS_munmap, SYS_mremap,
      SYS_mremap, SYS_madvise, SYS_madvise,  SYS_process_madvise, SYS_shmat,  SYS_remap_file_pages};
  // glibc makes no call for this advice, and takes no look at its arguments.
  if (function == f_posix_madvise && w[2] == POSIX_MADV_DONTNEED) {
    return 0;
  }
  return raw_call(numbers[function], w[0], w[1], w[2], w[3], w[4], w[5]);
}
