// SPDX-License-Identifier: Apache-2.0
// Prints how the objects are sealed without reading /proc: a sealed page answers EPERM even to the
// protection that it already has.
#include "objects.h"

#include <sys/auxv.h>
#include <sys/mman.h>

static const char* effect_on(struct extent pages, int protection) {
  const long result = raw3(SYS_mprotect, pages.start, pages.end - pages.start, protection);
  return result == 0 ? "open" : result == -1 ? "sealed" : answer(result);
}

static void say_effects(const struct object* object) {
  const char* text = "none";
  const char* rodata = "none";
  for (size_t i = 0; i < object->count; i++) {
    const ElfW(Phdr)* segment = &object->headers[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) {
      continue;
    }
    if ((segment->p_flags & PF_X) != 0) {
      text = effect_on(pages_of(object, segment), PROT_READ | PROT_EXEC);
    } else {
      rodata = effect_on(pages_of(object, segment), PROT_READ);
    }
  }
  say(object->name, ": text ", text, ", rodata ", rodata, ", relro ",
      effect_on(relro_of(object), PROT_READ), "\n");
}

int main(void) {
  struct object_list list;
  list_objects(&list);
  for (size_t i = 0; i < list.count; i++) {
    say_effects(&list.objects[i]);
  }
  const uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
  const struct extent first_page = {vdso, vdso + page_size()};
  say("vdso: ", effect_on(first_page, PROT_READ | PROT_EXEC), "\n");
}
