// SPDX-License-Identifier: Apache-2.0
// What dlmopen puts into a namespace of its own has its own libc and no shim: it is sealed at the
// next load in the program's namespace, and goes on working.
//
// with the shim, exit 0:
//   its libwrapper.so: sealed
//   its libc: sealed
//   answers 42 and 42
// without it, exit 0:
//   its libwrapper.so: open
//   its libc: open
//   answers 42 and 42
#include "objects.h"

#include <dlfcn.h>

static struct object object_of(const char* name, const struct link_map* map) {
  const ElfW(Ehdr)* header = (const void*)map->l_addr;
  return (struct object){name, map->l_addr, (const void*)(map->l_addr + header->e_phoff),
                         header->e_phnum};
}

static long answer_of(void* library) {
  return ((long (*)(long))(uintptr_t)dlsym(library, "labs"))(-42);
}

int main(void) {
  void* theirs = dlmopen(LM_ID_NEWLM, "libwrapper.so", RTLD_NOW);
  void* ours = dlopen("libwrapper.so", RTLD_NOW);
  struct link_map* map = NULL;
  if (theirs == NULL || ours == NULL || dlinfo(theirs, RTLD_DI_LINKMAP, &map) != 0) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  for (; map != NULL; map = map->l_next) {
    const char* name = usual_name_of(map->l_name);
    if (same_text(name, "libwrapper.so") || same_text(name, "libc")) {
      const struct object object = object_of(name, map);
      say("its ");
      say_seals(&object);
    }
  }
  say("answers ", answer_of(ours) == 42 ? "42 and " : "wrong and ",
      answer_of(theirs) == 42 ? "42\n" : "wrong\n");
}
