// SPDX-License-Identifier: Apache-2.0
// Looks through the shim's memory for the address of the dlopen that comes after its own, in a
// preloaded libfirst.so.
#include "objects.h"

#include <dlfcn.h>

struct search {
  struct object shim;
  uintptr_t wanted;
  int writable;
  int read_only;
};

static void look(const struct mapping* m, void* context) {
  struct search* search = context;
  for (size_t i = 0; i < search->shim.count; ++i) {
    const ElfW(Phdr)* header = &search->shim.headers[i];
    const uintptr_t begin = search->shim.base + header->p_vaddr;
    if (header->p_type != PT_LOAD || (header->p_flags & PF_W) == 0) {
      continue;
    }
    for (uintptr_t at = begin; at + sizeof at <= begin + header->p_memsz; at += sizeof at) {
      if (at >= m->start && at < m->end && *(const uintptr_t*)at == search->wanted) {
        ++*(m->writable ? &search->writable : &search->read_only);
      }
    }
  }
}

int main(void) {
  void* const first = dlopen("libfirst.so", RTLD_NOW);
  struct search search = {.shim = object_named("libsealwax.so"),
                          .wanted = (uintptr_t)dlsym(first, "dlopen")};
  for_each_mapping(look, &search);
  say("in memory that can be written: ", decimal(search.writable), "\n");
  say("in memory that can only be read: ", decimal(search.read_only), "\n");
}
