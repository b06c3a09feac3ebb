// SPDX-License-Identifier: Apache-2.0
// The calls that could change what a process runs, each as one that is tried on a page, and whether
// it had an effect: other bytes there, or a hole for bytes of one's own, in the process that tried
// or in a child that it forks. By libc's functions, which a library can interpose, or without.
#pragma once

#include "selftest/forgery.h"
#include "selftest/ways.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/uio.h>

#include <signal.h>

// Newer than the headers of some systems that can build this.
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
enum { advice_dontneed_locked = 24, advice_guard_install = 102 };

/// A part of a region that a call can be about, and what lies behind it.
struct target {
  uintptr_t at;
  size_t size;
  int file; ///< what it is mapped from, open for writing; -1 where there is none
  long offset;
  bool unreadable;   ///< from the beginning
  char bytes[65536]; ///< as they were
};

/// As much of bytes that are not there.
static void* other_bytes(const struct target* t) {
  const long made = raw_call(SYS_mmap, 0, (long)t->size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < t->size; i++) {
    ((char*)made)[i] = 'W';
  }
  return (void*)made;
}

/// Read through the kernel, which answers where a program would die.
static bool is_changed(const struct target* target) {
  static char now[65536];
  const struct iovec into = {now, target->size}, from = {(void*)target->at, target->size};
  const long got = raw_call(SYS_process_vm_readv, own_id(), (long)&into, 1, (long)&from, 1, 0);
  if (target->unreadable || got != (long)target->size) {
    return target->unreadable != (got != (long)target->size);
  }
  for (size_t i = 0; i < target->size; i++) {
    if (now[i] != target->bytes[i]) {
      return true;
    }
  }
  return false;
}

static bool has_hole(const struct target* target) {
  unsigned char resident[16]; // a byte a page
  return raw3(SYS_mincore, target->at, target->size, resident) == -12 /* ENOMEM */;
}

/// Without libc: whether a child loses what its parent has must not depend on what libc finds.
/// Where nothing was done it finds what the parent has.
static bool is_lost(const struct target* target) {
  if (is_changed(target) || has_hole(target)) {
    return true;
  }
  const long child = something_done ? raw_fork() : -1;
  if (child == 0) {
    raw3(SYS_exit_group, is_changed(target) || has_hole(target), 0, 0);
  }
  return something_done && raw_wait(child) != 0;
}

static void by_munmap(struct target* t) {
  tried3(SYS_munmap, t->at, t->size, 0);
}
static void by_mmap(struct target* t) {
  tried(SYS_mmap, (long)t->at, (long)t->size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
static void by_mprotect(struct target* t) {
  if (tried3(SYS_mprotect, t->at, t->size, PROT_READ | PROT_WRITE) == 0) {
    *(char*)t->at = (char)(t->bytes[0] + 1);
  }
}
static void by_pkey_mprotect(struct target* t) {
  if (tried(SYS_pkey_mprotect, (long)t->at, (long)t->size, PROT_READ | PROT_WRITE, -1, 0, 0) == 0) {
    *(char*)t->at = (char)(t->bytes[0] + 1);
  }
}
static void by_mremap_away(struct target* t) {
  tried(SYS_mremap, (long)t->at, (long)t->size, (long)t->size, MREMAP_MAYMOVE | MREMAP_FIXED,
        (long)other_bytes(t), 0);
}
static void by_mremap_over(struct target* t) {
  tried(SYS_mremap, (long)other_bytes(t), (long)t->size, (long)t->size,
        MREMAP_MAYMOVE | MREMAP_FIXED, (long)t->at, 0);
}
/// Linux 6.17 moves several mappings in one call.
static void by_mremap_of_several(struct target* t) {
  char* const place = (char*)raw_call(SYS_mmap, 0, (long)(2 * page_size() + t->size), PROT_NONE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const long size = (long)(2 * page_size() + t->size);
  tried(SYS_mremap, (long)(t->at - page_size()), size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
        (long)place, 0);
}
/// The segment is removed while it is still attached elsewhere, so that none is left behind
/// whatever becomes of the process.
static void by_shmat(struct target* t) {
  const long segment = raw3(SYS_shmget, IPC_PRIVATE, t->size, 0600);
  raw3(SYS_shmat, segment, 0, 0);
  raw3(SYS_shmctl, segment, IPC_RMID, 0);
  tried3(SYS_shmat, segment, t->at, SHM_REMAP);
}
static void by_remap_file_pages(struct target* t) {
  tried(SYS_remap_file_pages, (long)t->at, (long)t->size, 0, 1, 0, 0);
}
static void by_brk(struct target* t) {
  tried3(SYS_brk, t->at, 0, 0);
  tried3(SYS_brk, t->at + t->size, 0, 0);
}
static void by_set_mm(struct target* t) {
  tried(SYS_prctl, PR_SET_MM, PR_SET_MM_START_BRK, (long)t->at, 0, 0, 0);
  tried(SYS_prctl, PR_SET_MM, PR_SET_MM_BRK, (long)t->at, 0, 0, 0);
  tried3(SYS_brk, t->at + t->size, 0, 0);
}
/// A mapping that grows downwards, above, is made to grow into the page.
static void by_growing(struct target* t) {
  char* const above = (char*)t->at + t->size + page_size();
  if (raw_call(SYS_mmap, (long)above, (long)page_size(), PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1,
               0) != (long)above) {
    return;
  }
  const struct iovec from = {(char*)t->bytes, 1}, into = {(char*)t->at + 8, 1};
  tried(SYS_process_vm_writev, own_id(), (long)&from, 1, (long)&into, 1, 0);
}

static void advise(const struct target* t, int advice) {
  tried3(SYS_madvise, t->at, t->size, advice);
}
static void by_dontneed(struct target* t) {
  advise(t, MADV_DONTNEED);
}
static void by_free(struct target* t) {
  advise(t, MADV_FREE);
}
static void by_dontneed_locked(struct target* t) {
  advise(t, advice_dontneed_locked);
}
static void by_guard(struct target* t) {
  advise(t, advice_guard_install);
}
static void by_dontfork(struct target* t) {
  advise(t, MADV_DONTFORK);
}
static void by_wipeonfork(struct target* t) {
  advise(t, MADV_WIPEONFORK);
}
static void by_remove(struct target* t) {
  advise(t, MADV_REMOVE);
}
static void by_pageout(struct target* t) {
  advise(t, MADV_PAGEOUT);
}
static void by_process_madvise(struct target* t) {
  const long self = raw3(SYS_pidfd_open, own_id(), 0, 0);
  const struct iovec at = {(void*)t->at, t->size};
  const int advices[] = {MADV_DONTNEED, advice_guard_install, MADV_DONTFORK};
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
    tried(SYS_process_madvise, self, (long)&at, 1, advices[i], 0, 0);
  }
}

/// io_uring's IORING_OP_MADVISE, submitted and waited for. Source: linux/io_uring.h.
static void by_io_uring(struct target* t) {
  enum { setup = 425, enter = 426, op_madvise = 25, wants_events = 1 };
  static unsigned parameters[30];
  const long ring = raw3(setup, 2, parameters, 0);
  if (ring < 0) {
    return;
  }
  const unsigned* const offsets = parameters + 10; // struct io_sqring_offsets: tail 1, array 6
  const unsigned* const answers = parameters + 20; // struct io_cqring_offsets: cqes 5
  char* const queue =
      (char*)raw_call(SYS_mmap, 0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, (int)ring, 0);
  unsigned char* const entry = (unsigned char*)raw_call(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
                                                        MAP_SHARED, (int)ring, 0x10000000);
  const int advices[] = {MADV_DONTNEED, advice_guard_install};
  for (unsigned i = 0; i < 2; i++) {
    for (int k = 0; k < 64; k++) {
      entry[k] = 0;
    }
    entry[0] = op_madvise;
    *(uint64_t*)(void*)(entry + 16) = t->at;
    *(uint32_t*)(void*)(entry + 24) = (uint32_t)t->size;
    *(uint32_t*)(void*)(entry + 28) = (uint32_t)advices[i];
    *(volatile unsigned*)(void*)(queue + offsets[6]) = 0;
    ++*(volatile unsigned*)(void*)(queue + offsets[1]);
    raw_call(enter, ring, 1, i + 1, wants_events, 0, 0);
    note_done(*(const volatile int*)(const void*)(queue + answers[5] + 16UL * i + 8) == 0);
  }
}

/// A userfaultfd that waits for pages of the target, of which what it has is dropped. Any user may
/// have one of this kind.
static int watched(struct target* t) {
  const long made = raw3(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY, 0, 0);
  struct uffdio_api api = {.api = UFFD_API, .features = 0};
  struct uffdio_register pages = {{t->at, t->size}, UFFDIO_REGISTER_MODE_MISSING, 0};
  raw3(SYS_ioctl, made, UFFDIO_API, &api);
  called(SYS_madvise, (long)t->at, (long)t->size, MADV_DONTNEED, 0, 0, 0);
  raw3(SYS_ioctl, made, UFFDIO_REGISTER, &pages);
  return (int)made;
}
static void by_uffd_copy(struct target* t) {
  struct uffdio_copy copy = {t->at, (uintptr_t)other_bytes(t), t->size, 0, 0};
  const int uffd = watched(t);
  tried3(SYS_ioctl, uffd, UFFDIO_COPY, &copy);
  raw3(SYS_close, uffd, 0, 0);
}
static void by_uffd_zeropage(struct target* t) {
  struct uffdio_zeropage zero = {{t->at, t->size}, 0, 0};
  const int uffd = watched(t);
  tried3(SYS_ioctl, uffd, UFFDIO_ZEROPAGE, &zero);
  raw3(SYS_close, uffd, 0, 0);
}
/// UFFDIO_MOVE, Linux 6.8: pages of one's own to the target, and the target's to elsewhere.
static void by_uffd_move(struct target* t) {
  struct {
    uint64_t to, from, size, mode;
    int64_t moved;
  } move = {t->at, (uintptr_t)other_bytes(t), t->size, 0, 0};
  const unsigned long command = _IOWR(UFFDIO, 0x05, move);
  const int uffd = watched(t);
  tried3(SYS_ioctl, uffd, command, &move);
  struct target elsewhere = {.at = (uintptr_t)other_bytes(t), .size = t->size};
  const int other = watched(&elsewhere);
  move.to = elsewhere.at;
  move.from = t->at;
  tried3(SYS_ioctl, other, command, &move);
  raw3(SYS_close, uffd, 0, 0);
  raw3(SYS_close, other, 0, 0);
}
/// UFFDIO_POISON, Linux 6.6.
static void by_uffd_poison(struct target* t) {
  struct {
    uint64_t start, size, mode;
    int64_t updated;
  } poison = {t->at, t->size, 0, 0};
  const int uffd = watched(t);
  tried3(SYS_ioctl, uffd, _IOWR(UFFDIO, 0x08, poison), &poison);
  raw3(SYS_close, uffd, 0, 0);
}

static void by_writing_the_file(struct target* t) {
  tried(SYS_pwrite64, t->file, (long)other_bytes(t), (long)t->size, t->offset, 0, 0);
}
static void by_truncating_the_file(struct target* t) {
  tried3(SYS_ftruncate, t->file, 0, 0);
}

static const struct primitive {
  const char* name;
  void (*attempt)(struct target*);
  bool on_file; ///< needs one that can be written
  bool one_way; ///< libc has no function for it
} primitives[] = {
    {"munmap", by_munmap, false, false},
    {"mmap", by_mmap, false, false},
    {"mprotect", by_mprotect, false, false},
    {"pkey_mprotect", by_pkey_mprotect, false, false},
    {"mremap away", by_mremap_away, false, false},
    {"mremap over", by_mremap_over, false, false},
    {"mremap of several", by_mremap_of_several, false, false},
    {"shmat", by_shmat, false, false},
    {"remap_file_pages", by_remap_file_pages, false, false},
    {"brk", by_brk, false, false},
    {"PR_SET_MM", by_set_mm, false, false},
    {"growing down", by_growing, false, true},
    {"DONTNEED", by_dontneed, false, false},
    {"FREE", by_free, false, false},
    {"DONTNEED_LOCKED", by_dontneed_locked, false, false},
    {"GUARD_INSTALL", by_guard, false, false},
    {"DONTFORK", by_dontfork, false, false},
    {"WIPEONFORK", by_wipeonfork, false, false},
    {"REMOVE", by_remove, false, false},
    {"PAGEOUT", by_pageout, false, false},
    {"process_madvise", by_process_madvise, false, false},
    {"io_uring's madvise", by_io_uring, false, true},
    {"userfaultfd copy", by_uffd_copy, false, true},
    {"userfaultfd zeropage", by_uffd_zeropage, false, true},
    {"userfaultfd move", by_uffd_move, false, true},
    {"userfaultfd poison", by_uffd_poison, false, true},
    {"writing the file", by_writing_the_file, true, true},
    {"truncating the file", by_truncating_the_file, true, true},
};

static void die_of_it(int signal) {
  (void)signal;
  raw3(SYS_exit_group, opened, 0, 0);
}

/// Tried in a child, and what it did to the file is undone by whoever asks.
static enum effect effect_of(const struct primitive* primitive, struct target* target) {
  const long child = raw_fork();
  if (child == 0) {
    begin_attempt(die_of_it);
    primitive->attempt(target);
    end_attempt(is_lost(target));
  }
  return effect_in(raw_wait(child));
}
