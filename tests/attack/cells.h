// The calls that could change what a process runs, each as one that is tried on a page, and whether
// it had an effect: other bytes there, or a hole for bytes of one's own, in the process that tried
// or in a child that it forks.
#pragma once

#include "attack.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <unistd.h>

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

static long map_here(const struct target* target, int flags) {
  return raw_call(SYS_mmap, (long)target->at, (long)target->size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/// Read through the kernel, which answers where a program would die.
static bool is_changed(const struct target* target) {
  static char now[65536];
  const struct iovec into = {now, target->size}, from = {(void*)target->at, target->size};
  const long got = raw_call(SYS_process_vm_readv, getpid(), (long)&into, 1, (long)&from, 1, 0);
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

static bool is_lost(const struct target* target) {
  if (is_changed(target) || has_hole(target)) {
    return true;
  }
  const pid_t child = fork();
  if (child == 0) {
    raw3(SYS_exit_group, is_changed(target) || has_hole(target), 0, 0);
  }
  int status;
  return waitpid(child, &status, 0) != child || status != 0;
}

static void by_munmap(struct target* t) {
  raw3(SYS_munmap, t->at, t->size, 0);
}
static void by_mmap(struct target* t) {
  map_here(t, MAP_FIXED);
}
static void by_mprotect(struct target* t) {
  if (raw3(SYS_mprotect, t->at, t->size, PROT_READ | PROT_WRITE) == 0) {
    *(char*)t->at = (char)(t->bytes[0] + 1);
  }
}
static void by_pkey_mprotect(struct target* t) {
  if (raw_call(SYS_pkey_mprotect, (long)t->at, (long)t->size, PROT_READ | PROT_WRITE, -1, 0, 0) ==
      0) {
    *(char*)t->at = (char)(t->bytes[0] + 1);
  }
}
static void by_mremap_away(struct target* t) {
  raw_call(SYS_mremap, (long)t->at, (long)t->size, (long)t->size, MREMAP_MAYMOVE | MREMAP_FIXED,
           (long)other_bytes(t), 0);
}
static void by_mremap_over(struct target* t) {
  put_in_place(other_bytes(t), (struct extent){t->at, t->at + t->size});
}
/// Linux 6.17 moves several mappings in one call.
static void by_mremap_of_several(struct target* t) {
  char* const place = (char*)raw_call(SYS_mmap, 0, (long)(2 * page_size() + t->size), PROT_NONE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  raw_call(SYS_mremap, (long)(t->at - page_size()), (long)(2 * page_size() + t->size),
           (long)(2 * page_size() + t->size), MREMAP_MAYMOVE | MREMAP_FIXED, (long)place, 0);
}
static void by_shmat(struct target* t) {
  const long segment = raw3(SYS_shmget, IPC_PRIVATE, t->size, 0600);
  raw3(SYS_shmat, segment, t->at, SHM_REMAP);
  raw3(SYS_shmctl, segment, IPC_RMID, 0);
}
static void by_remap_file_pages(struct target* t) {
  raw_call(SYS_remap_file_pages, (long)t->at, (long)t->size, 0, 1, 0, 0);
}
static void by_brk(struct target* t) {
  raw3(SYS_brk, t->at, 0, 0);
  raw3(SYS_brk, t->at + t->size, 0, 0);
}
static void by_set_mm(struct target* t) {
  raw_call(SYS_prctl, PR_SET_MM, PR_SET_MM_START_BRK, (long)t->at, 0, 0, 0);
  raw_call(SYS_prctl, PR_SET_MM, PR_SET_MM_BRK, (long)t->at, 0, 0, 0);
  raw3(SYS_brk, t->at + t->size, 0, 0);
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
  raw_call(SYS_process_vm_writev, getpid(), (long)&from, 1, (long)&into, 1, 0);
}

static void advise(const struct target* t, int advice) {
  raw3(SYS_madvise, t->at, t->size, advice);
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
  const long self = raw3(SYS_pidfd_open, getpid(), 0, 0);
  const struct iovec at = {(void*)t->at, t->size};
  const int advices[] = {MADV_DONTNEED, advice_guard_install, MADV_DONTFORK};
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
    raw_call(SYS_process_madvise, self, (long)&at, 1, advices[i], 0, 0);
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
  }
}

/// A userfaultfd that waits for pages of the target, of which what it has is dropped. Any user may
/// have one of this kind.
static int watched(struct target* t) {
  const long made = raw3(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY, 0, 0);
  struct uffdio_api api = {.api = UFFD_API, .features = 0};
  struct uffdio_register pages = {{t->at, t->size}, UFFDIO_REGISTER_MODE_MISSING, 0};
  raw3(SYS_ioctl, made, UFFDIO_API, &api);
  advise(t, MADV_DONTNEED);
  raw3(SYS_ioctl, made, UFFDIO_REGISTER, &pages);
  return (int)made;
}
static void by_uffd_copy(struct target* t) {
  struct uffdio_copy copy = {t->at, (uintptr_t)other_bytes(t), t->size, 0, 0};
  const int uffd = watched(t);
  raw3(SYS_ioctl, uffd, UFFDIO_COPY, &copy);
  raw3(SYS_close, uffd, 0, 0);
}
static void by_uffd_zeropage(struct target* t) {
  struct uffdio_zeropage zero = {{t->at, t->size}, 0, 0};
  const int uffd = watched(t);
  raw3(SYS_ioctl, uffd, UFFDIO_ZEROPAGE, &zero);
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
  raw3(SYS_ioctl, uffd, command, &move);
  struct target elsewhere = {.at = (uintptr_t)other_bytes(t), .size = t->size};
  const int other = watched(&elsewhere);
  move.to = elsewhere.at;
  move.from = t->at;
  raw3(SYS_ioctl, other, command, &move);
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
  raw3(SYS_ioctl, uffd, _IOWR(UFFDIO, 0x08, poison), &poison);
  raw3(SYS_close, uffd, 0, 0);
}

static void by_writing_the_file(struct target* t) {
  raw_call(SYS_pwrite64, t->file, (long)other_bytes(t), (long)t->size, t->offset, 0, 0);
}
static void by_truncating_the_file(struct target* t) {
  raw3(SYS_ftruncate, t->file, 0, 0);
}

static const struct primitive {
  const char* name;
  void (*attempt)(struct target*);
} primitives[] = {
    {"munmap", by_munmap},
    {"mmap", by_mmap},
    {"mprotect", by_mprotect},
    {"pkey_mprotect", by_pkey_mprotect},
    {"mremap away", by_mremap_away},
    {"mremap over", by_mremap_over},
    {"mremap of several", by_mremap_of_several},
    {"shmat", by_shmat},
    {"remap_file_pages", by_remap_file_pages},
    {"brk", by_brk},
    {"PR_SET_MM", by_set_mm},
    {"growing down", by_growing},
    {"DONTNEED", by_dontneed},
    {"FREE", by_free},
    {"DONTNEED_LOCKED", by_dontneed_locked},
    {"GUARD_INSTALL", by_guard},
    {"DONTFORK", by_dontfork},
    {"WIPEONFORK", by_wipeonfork},
    {"REMOVE", by_remove},
    {"PAGEOUT", by_pageout},
    {"process_madvise", by_process_madvise},
    {"io_uring's madvise", by_io_uring},
    {"userfaultfd copy", by_uffd_copy},
    {"userfaultfd zeropage", by_uffd_zeropage},
    {"userfaultfd move", by_uffd_move},
    {"userfaultfd poison", by_uffd_poison},
    {"writing the file", by_writing_the_file},
    {"truncating the file", by_truncating_the_file},
};

/// Tried in a child, and what it did to the file is undone.
static bool is_open(const struct primitive* primitive, struct target* target) {
  const pid_t child = fork();
  if (child == 0) {
    raw3(SYS_prctl, PR_SET_DUMPABLE, 0, 0); // no core file
    primitive->attempt(target);
    raw3(SYS_exit_group, is_lost(target), 0, 0);
  }
  int status;
  return waitpid(child, &status, 0) != child || status != 0;
}
