// SPDX-License-Identifier: Apache-2.0
// Makes each call of a table twice, by libc's function and as a bare system call, each time on the
// same ground, and prints what both answered; where answers, effects or errno differ, both.
#include "maps.h"
#include "rows.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <errno.h>
#include <unistd.h>

enum { pages_of_ground = 12, untouched = 77 };

struct ground {
  char* start;
  int read_only;
  int read_write;
  int segment;
  struct part part; ///< what process_madvise is asked to look at
};

struct page_state {
  bool mapped;
  bool readable;
  bool writable;
  bool executable;
  unsigned char first;
};

struct effect {
  long answer; ///< as the kernel's
  bool inside; ///< the answer is an address on the ground, here as an offset
  bool sets_errno;
  struct page_state pages[pages_of_ground];
};

static void* map(void* at, size_t pages, int protection, int flags, int file) {
  return (void*)raw_call(SYS_mmap, (long)at, (long)(pages * page_size()), protection, flags, file,
                         0);
}

/// Address space with room above it, so that what may go anywhere goes there, and not into a hole.
static char* find_ground(void) {
  enum { room_above = 16 };
  char* const start =
      map(NULL, pages_of_ground + room_above, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  raw3(SYS_munmap, start + pages_of_ground * page_size(), room_above * page_size(), 0);
  return start;
}

/// Four private pages; a hole; a page of a file that may only be read; two that may be written; and
/// pages without permission, so that nothing can grow.
static void lay(struct ground* ground) {
  const size_t page = page_size();
  const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (map(ground->start, pages_of_ground, PROT_NONE, anonymous, -1) != ground->start) {
    // The row before has sealed some of it, as mapped-code = seal wants.
    ground->start = find_ground();
  }
  map(ground->start, 4, PROT_READ | PROT_WRITE, anonymous, -1);
  for (size_t i = 0; i < 4; i++) {
    ground->start[i * page] = (char)('a' + i);
  }
  raw3(SYS_munmap, ground->start + 4 * page, page, 0);
  map(ground->start + 5 * page, 1, PROT_READ, MAP_SHARED | MAP_FIXED, ground->read_only);
  map(ground->start + 6 * page, 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
      ground->read_write);
  ground->part = (struct part){ground->start, page};
}

struct look {
  const struct ground* ground;
  struct page_state* pages;
};

static void note_pages(const struct mapping* m, void* context) {
  const struct look* look = context;
  for (size_t i = 0; i < pages_of_ground; i++) {
    const uintptr_t at = (uintptr_t)look->ground->start + i * page_size();
    if (at >= m->start && at < m->end) {
      look->pages[i] =
          (struct page_state){true, m->readable, m->writable, m->executable,
                              m->readable ? *(const volatile unsigned char*)at : (unsigned char)0};
    }
  }
}

static long resolve(long word, struct ground* ground) {
  const long value = word & 0xffff;
  switch ((unsigned long)word >> 48) {
  case kind_at:
    return (long)ground->start + value * (long)page_size();
  case kind_off:
    return (long)ground->start + value * (long)page_size() + 1;
  case kind_pages:
    return value * (long)page_size();
  case kind_file:
    return value == 0 ? ground->read_only : ground->read_write;
  case kind_segment:
    return ground->segment;
  case kind_part:
    return (long)&ground->part;
  default:
    return word;
  }
}

static struct effect perform(const struct row* row, struct ground* ground, bool by_libc) {
  lay(ground);
  long words[6];
  for (size_t i = 0; i < 6; i++) {
    words[i] = resolve(row->words[i], ground);
  }
  errno = untouched;
  struct effect effect = {.answer = by_libc ? call_libc(row->function, words)
                                            : call_kernel(row->function, words)};
  effect.sets_errno = errno != untouched;
  if (by_libc && effect.answer == -1) {
    effect.answer = -errno;
  }
  for_each_mapping(note_pages, &(struct look){ground, effect.pages});
  const long offset = effect.answer - (long)ground->start;
  effect.inside = offset >= 0 && offset < (long)(pages_of_ground * page_size());
  if (effect.inside) {
    effect.answer = offset / (long)page_size();
  } else if (returns_address(row->function) && effect.answer >= 0) {
    // Where the next call without a place would otherwise find the room taken.
    raw3(SYS_munmap, effect.answer, size_of_answer(row->function, words), 0);
    effect.answer = 0;
  }
  return effect;
}

static bool same_pages(const struct effect* a, const struct effect* b) {
  for (size_t i = 0; i < pages_of_ground; i++) {
    const struct page_state* one = &a->pages[i];
    const struct page_state* two = &b->pages[i];
    if (one->mapped != two->mapped || one->readable != two->readable ||
        one->writable != two->writable || one->executable != two->executable ||
        one->first != two->first) {
      return false;
    }
  }
  return true;
}

static void compare(const struct row* row, struct ground* ground) {
  const struct effect ours = perform(row, ground, true);
  const struct effect kernels = perform(row, ground, false);
  say(name_of(row->function), row->what[0] == 0 ? "" : " ", row->what, ": ", answer(ours.answer));
  if (ours.inside) {
    say(" at ", decimal(ours.answer));
  }
  if (ours.answer != kernels.answer || ours.inside != kernels.inside) {
    say(", by the kernel ", answer(kernels.answer));
  }
  if (!same_pages(&ours, &kernels)) {
    say(", and other pages than the kernel leaves");
  }
  if (ours.sets_errno != (ours.answer < 0 && !returns_error(row->function))) {
    say(ours.sets_errno ? ", errno is set" : ", errno is not set");
  }
  say("\n");
}

int main(void) {
  struct ground ground = {.segment = shmget(IPC_PRIVATE, page_size(), IPC_CREAT | 0600)};
  ground.start = find_ground();
  ground.read_write = memfd_create("ground", MFD_CLOEXEC);
  if (ftruncate(ground.read_write, (long)(4 * page_size())) != 0) {
    return 1;
  }
  ground.read_only = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  for (size_t i = 0; i < row_count; i++) {
    compare(&rows[i], &ground);
  }
  shmctl(ground.segment, IPC_RMID, NULL);
}
