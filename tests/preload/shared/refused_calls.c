// SPDX-License-Identifier: Apache-2.0
// Makes the calls that the arguments name as REGION:CALL, each at a block of its own in
// libpages.so, or in the program where the region is `own`, and prints what each was answered.
// `again` and a number before it makes a call so many times.
#include "names.h"
#include "objects.h"
#include "pages.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>

#include <stdlib.h>
#include <unistd.h>

#define TEXT(of) #of
#define VALUE(of) TEXT(of)
__asm__(
    ".pushsection .text\n"
    ".balign " VALUE(BLOCK) "\n"
                            "own_text: .skip " VALUE(BLOCK) " * " VALUE(BLOCKS) ", 0\n"
                                                                                ".popsection\n");
extern const char own_text[];

enum { everything = PROT_READ | PROT_WRITE | PROT_EXEC };
enum { in_its_place = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };

static size_t page;
static char* own_pages; ///< a block for each call as well
static void* elsewhere; ///< the current call's
static int segment;

#define function static __attribute__((noinline)) long
#define answer_of(call)                                                                            \
  long result = (long)(call);                                                                      \
  stay(result);                                                                                    \
  return result

function call_mprotect(void* at) {
  answer_of(mprotect(at, page, everything));
}
function call_pkey_mprotect(void* at) {
  answer_of(pkey_mprotect(at, page, everything, -1));
}
function call_munmap(void* at) {
  answer_of(munmap(at, page));
}
function call_mmap(void* at) {
  answer_of(mmap(at, page, PROT_READ, in_its_place, -1, 0));
}
function call_mmap64(void* at) {
  answer_of(mmap64(at, page, PROT_READ, in_its_place, -1, 0));
}
function call_mmap_noreplace(void* at) {
  answer_of(mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
}
function call_mmap_hint(void* at) {
  answer_of(mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
function call_mremap_from(void* at) {
  answer_of(mremap(at, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
}
function call_mremap_onto(void* at) {
  answer_of(mremap(elsewhere, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, at));
}
function call_mremap_longer(void* at) {
  answer_of(mremap(at, page, 2 * page, MREMAP_MAYMOVE));
}
function call_dontneed(void* at) {
  answer_of(madvise(at, page, MADV_DONTNEED));
}
function call_willneed(void* at) {
  answer_of(madvise(at, page, MADV_WILLNEED));
}
function call_dontfork(void* at) {
  answer_of(madvise(at, page, MADV_DONTFORK));
}
function call_wipeonfork(void* at) {
  answer_of(madvise(at, page, MADV_WIPEONFORK));
}
function call_guard_install(void* at) {
  answer_of(madvise(at, page, 102)); // Linux 6.13
}
function call_dontfork_unaligned(void* at) {
  answer_of(madvise((char*)at + 1, page, MADV_DONTFORK));
}
function call_posix_dontneed(void* at) {
  answer_of(posix_madvise(at, page, POSIX_MADV_DONTNEED));
}
function call_process_dontneed(void* at) {
  struct iovec part = {at, page};
  let("part", (uintptr_t)&part);
  answer_of(process_madvise(-10001, &part, 1, MADV_DONTNEED, 0)); // PIDFD_SELF_THREAD_GROUP
}
function call_process_dontneed_second(void* at) {
  struct iovec parts[] = {{elsewhere, page}, {at, page}};
  let("parts", (uintptr_t)parts);
  answer_of(process_madvise(-10001, parts, 2, MADV_DONTNEED, 0));
}
function call_shmat(void* at) {
  answer_of(shmat(segment, at, SHM_REMAP));
}
function call_remap_file_pages(void* at) {
  answer_of(remap_file_pages(at, page, 0, 0, 0));
}
function call_mprotect_before_too(void* at) {
  char* const before = (char*)at - page;
  let("before", (uintptr_t)before);
  answer_of(mprotect(before, 2 * page, PROT_READ));
}
function call_mprotect_unaligned(void* at) {
  answer_of(mprotect((char*)at + 1, page, everything));
}
function call_munmap_empty(void* at) {
  answer_of(munmap(at, 0));
}
function call_raw_mprotect(void* at) {
  answer_of(syscall(SYS_mprotect, at, page, everything));
}

static const struct {
  const char* name;
  long (*call)(void* at);
} calls[] = {
    {"mprotect", call_mprotect},
    {"pkey_mprotect", call_pkey_mprotect},
    {"munmap", call_munmap},
    {"mmap", call_mmap},
    {"mmap64", call_mmap64},
    {"mmap_noreplace", call_mmap_noreplace},
    {"mmap_hint", call_mmap_hint},
    {"mremap_from", call_mremap_from},
    {"mremap_onto", call_mremap_onto},
    {"mremap_longer", call_mremap_longer},
    {"dontneed", call_dontneed},
    {"willneed", call_willneed},
    {"dontfork", call_dontfork},
    {"wipeonfork", call_wipeonfork},
    {"guard_install", call_guard_install},
    {"dontfork_unaligned", call_dontfork_unaligned},
    {"posix_dontneed", call_posix_dontneed},
    {"process_dontneed", call_process_dontneed},
    {"process_dontneed_second", call_process_dontneed_second},
    {"shmat", call_shmat},
    {"remap_file_pages", call_remap_file_pages},
    {"mprotect_before_too", call_mprotect_before_too},
    {"mprotect_unaligned", call_mprotect_unaligned},
    {"munmap_empty", call_munmap_empty},
    {"raw_mprotect", call_raw_mprotect},
};

/// A segment whose number is too large to be taken for any other argument.
static int new_segment(void) {
  for (;;) {
    const int id = shmget(IPC_PRIVATE, page, IPC_CREAT | 0600);
    if (id > 0xffff || id < 0) {
      return id;
    }
    shmctl(id, IPC_RMID, NULL);
  }
}

static void* place_for(const char* region, size_t block) {
  if (starts_with(region, "vdso")) {
    return (void*)getauxval(AT_SYSINFO_EHDR);
  }
  if (starts_with(region, "stack")) {
    return (void*)page_of((uintptr_t)environ);
  }
  const char* const blocks = starts_with(region, "own") ? own_text : pages_in(region);
  return (char*)(uintptr_t)blocks + block * BLOCK;
}

/// `REGION:CALL`, at the region's block of this number.
static bool perform(const char* word, size_t block, long times) {
  const char* name = word;
  while (*name != ':' && *name != 0) {
    name++;
  }
  elsewhere = own_pages + block * BLOCK;
  let("elsewhere", (uintptr_t)elsewhere);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    if (*name != ':' || !same_text(name + 1, calls[i].name)) {
      continue;
    }
    void* const at = place_for(word, block);
    let(word, (uintptr_t)at);
    long result = 0;
    for (; times > 0; times--) {
      result = calls[i].call(at);
    }
    say(word, ": ", libc_answer(result), "\n");
    return true;
  }
  return false;
}

int main(int count, char** words) {
  page = page_size();
  let("page", page);
  let("two_pages", 2 * page);
  segment = new_segment();
  let("segment", (uintptr_t)segment);
  own_pages =
      mmap(NULL, BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  let("segment", (uintptr_t)segment);
  long times = 1;
  size_t block = 1;
  for (int i = 1; i < count; i++) {
    if (same_text(words[i], "again") && i + 1 < count) {
      times = atol(words[++i]);
    } else if (block == BLOCKS || !perform(words[i], block++, times)) {
      say("no such call: ", words[i], "\n");
    } else {
      times = 1;
    }
  }
  shmctl(segment, IPC_RMID, NULL);
}
