// SPDX-License-Identifier: Apache-2.0
// Makes memory calls, good ones and one that a seal refuses, and prints how many of them a
// preloaded libcounting.so has seen.
#include "names.h"
#include "pages.h"

#include <sys/mman.h>

struct counts {
  int mmap;
  int mremap;
  int madvise;
};
extern struct counts counts __attribute__((weak));

int main(void) {
  const size_t page = page_size();
  const struct counts before = &counts != NULL ? counts : (struct counts){0};
  char* pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(pages, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  madvise(pages, page, MADV_DONTNEED);
  char* moved = mremap(pages + page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, pages);
  say("moved: ", moved == pages ? "done" : "not done", "\n");
  void* const text = (void*)(uintptr_t)pages_in("text");
  let("text", (uintptr_t)text);
  let("page", page);
  void* over = mmap(text, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  say("over sealed code: ", over == MAP_FAILED ? "refused" : "done", "\n");
  if (&counts == NULL) {
    say("nobody counts\n");
    return 0;
  }
  say("counted: mmap ", decimal(counts.mmap - before.mmap));
  say(", mremap ", decimal(counts.mremap - before.mremap));
  say(", madvise ", decimal(counts.madvise - before.madvise), "\n");
}
