// SPDX-License-Identifier: Apache-2.0
// Open what the shim protects itself with: its code, its RELRO with the pointers to libc's real
// functions, and every read-only page without a file, among which is the policy that it holds.
//
// policy:
//   sealwax-policy 1
//   [object libsomething-else.so]
//   mode = off
// with the shim, exit 0:
//   the shim's code: EPERM
//   the shim's RELRO: EPERM
//   read-only pages without a file: 1 opened, this program's own
//   libplain.so: sealed
// without it, exit 0:
//   there is no shim
//   read-only pages without a file: 1 opened, this program's own
//   libplain.so: open
#include "attack.h"

#include <dlfcn.h>

struct pages {
  size_t count;
  struct extent extents[64];
};

static void collect_read_only(const struct mapping* m, void* context) {
  struct pages* pages = context;
  if (m->anonymous && m->name[0] == 0 && m->readable && !m->writable && !m->executable &&
      pages->count < 64) {
    pages->extents[pages->count++] = (struct extent){m->start, m->end};
  }
}

static void open_read_only_pages(void) {
  // One that nobody sealed, to see the attack succeed.
  const uintptr_t own =
      (uintptr_t)mmap(NULL, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct pages pages = {0};
  size_t opened = 0;
  bool opened_own = false;
  for_each_mapping(collect_read_only, &pages);
  for (size_t i = 0; i < pages.count; i++) {
    const struct extent extent = pages.extents[i];
    if (raw3(SYS_mprotect, extent.start, extent.end - extent.start, PROT_READ | PROT_WRITE) == 0) {
      opened++;
      opened_own |= own >= extent.start && own < extent.end;
    }
  }
  say("read-only pages without a file: ", decimal((long)opened), " opened",
      opened_own ? ", this program's own\n" : "\n");
}

int main(void) {
  const struct object shim = object_named("libsealwax.so");
  if (shim.count == 0) {
    say("there is no shim\n");
  } else {
    const struct extent relro = relro_of(&shim);
    say("the shim's code: ", try_to_open_text("libsealwax.so"), "\n");
    say("the shim's RELRO: ",
        answer(raw3(SYS_mprotect, relro.start, relro.end - relro.start, PROT_READ | PROT_WRITE)),
        "\n");
  }
  open_read_only_pages();
  dlopen("libplain.so", RTLD_NOW);
  say_seals_of("libplain.so");
}
