// SPDX-License-Identifier: Apache-2.0
// Prints how many system calls each memory function makes where it succeeds, and whether the one is
// its own.
#include "traced.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>

static char* pages;
static size_t page;
static int segment;
static int file;

enum { anonymous = MAP_PRIVATE | MAP_ANONYMOUS };

static void call_mmap(void) {
  mmap(NULL, page, PROT_READ, anonymous, -1, 0);
}
static void call_mmap_of_code(void) {
  mmap(NULL, page, PROT_READ | PROT_EXEC, anonymous, -1, 0);
}
static void call_mmap_fixed(void) {
  mmap(pages, page, PROT_READ, anonymous | MAP_FIXED, -1, 0);
}
static void call_mmap64_of_a_file(void) {
  mmap64(NULL, page, PROT_READ, MAP_SHARED, file, 0);
}
static void call_mprotect(void) {
  mprotect(pages, page, PROT_READ);
}
static void call_pkey_mprotect(void) {
  pkey_mprotect(pages, page, PROT_READ, -1);
}
static void call_munmap(void) {
  munmap(pages, page);
}
static void call_mremap(void) {
  mremap(pages, 2 * page, page, 0);
}
static void call_mremap_fixed(void) {
  mremap(pages, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, pages + page);
}
static void call_madvise(void) {
  madvise(pages, page, MADV_DONTNEED);
}
static void call_posix_madvise(void) {
  posix_madvise(pages, page, POSIX_MADV_WILLNEED);
}
static void call_posix_madvise_dontneed(void) {
  posix_madvise(pages, page, POSIX_MADV_DONTNEED);
}
static void call_process_madvise(void) {
  struct iovec part = {pages, page};
  process_madvise(-10001, &part, 1, MADV_COLD, 0); // PIDFD_SELF_THREAD_GROUP
}
static void call_shmat(void) {
  shmat(segment, pages, SHM_REMAP);
}
static void call_remap_file_pages(void) {
  remap_file_pages(pages + 2 * page, page, 0, 1, 0);
}

static const struct {
  const char* name;
  void (*call)(void);
  long number;
} calls[] = {
    {"mmap", call_mmap, SYS_mmap},
    {"mmap of code", call_mmap_of_code, SYS_mmap},
    {"mmap, fixed", call_mmap_fixed, SYS_mmap},
    {"mmap64 of a file", call_mmap64_of_a_file, SYS_mmap},
    {"mprotect", call_mprotect, SYS_mprotect},
    {"pkey_mprotect", call_pkey_mprotect, SYS_mprotect}, // which glibc calls where there is no key
    {"munmap", call_munmap, SYS_munmap},
    {"mremap", call_mremap, SYS_mremap},
    {"mremap, fixed", call_mremap_fixed, SYS_mremap},
    {"madvise", call_madvise, SYS_madvise},
    {"posix_madvise", call_posix_madvise, SYS_madvise},
    {"posix_madvise, do not need", call_posix_madvise_dontneed, -1},
    {"process_madvise", call_process_madvise, SYS_process_madvise},
    {"shmat", call_shmat, SYS_shmat},
    {"remap_file_pages", call_remap_file_pages, SYS_remap_file_pages},
};

int main(void) {
  page = page_size();
  file = memfd_create("pages", MFD_CLOEXEC);
  segment = shmget(IPC_PRIVATE, page, IPC_CREAT | 0600);
  if (ftruncate(file, (long)(2 * page)) != 0) {
    return 1;
  }
  pages = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, anonymous, -1, 0);
  mmap(pages + 2 * page, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    struct call_list made;
    trace_calls(calls[i].call, &made);
    say(calls[i].name, ": ", decimal((long)made.count));
    for (size_t j = 0; j < made.count; j++) {
      say(made.numbers[j] == calls[i].number ? ", its own" : ", another");
    }
    say("\n");
  }
  shmctl(segment, IPC_RMID, NULL);
}
