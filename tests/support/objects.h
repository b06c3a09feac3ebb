// SPDX-License-Identifier: Apache-2.0
// The objects that the loader has, under names that are the same on every machine: `main`, `libc`,
// `ld.so`, and the file name of any other.
#pragma once

#include "regions.h"

#include <sys/auxv.h>

static inline const char* file_name_of(const char* path) {
  const char* name = path;
  for (; *path != 0; path++) {
    if (*path == '/') {
      name = path + 1;
    }
  }
  return name;
}

static inline const char* usual_name_of(const char* path) {
  const char* name = file_name_of(path);
  if (starts_with(name, "libc.so")) {
    return "libc";
  }
  return starts_with(name, "ld-linux") || starts_with(name, "ld64.so") ||
                 starts_with(name, "ld-musl")
             ? "ld.so"
             : name;
}

struct object_list {
  size_t count;
  struct object objects[256];
};

static inline int take_object(struct dl_phdr_info* info, size_t size, void* context) {
  (void)size;
  struct object_list* list = context;
  // The program comes first; musl names it, glibc does not.
  const char* name = list->count == 0 ? "main" : usual_name_of(info->dlpi_name);
  if (info->dlpi_addr != getauxval(AT_SYSINFO_EHDR) && list->count < 256) {
    list->objects[list->count++] =
        (struct object){name, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum};
  }
  return 0;
}

static inline void list_objects(struct object_list* list) {
  list->count = 0;
  dl_iterate_phdr(take_object, list);
}

/// The object of this name; its count is 0 where none is loaded.
static inline struct object object_named(const char* name) {
  struct object_list list;
  list_objects(&list);
  for (size_t i = 0; i < list.count; i++) {
    if (same_text(list.objects[i].name, name)) {
      return list.objects[i];
    }
  }
  return (struct object){name, 0, NULL, 0};
}

static inline void say_seals_of(const char* name) {
  const struct object object = object_named(name);
  if (object.count == 0) {
    say(name, ": not loaded\n");
  } else {
    say_seals(&object);
  }
}

static inline void say_seals_of_all(void) {
  struct object_list list;
  list_objects(&list);
  for (size_t i = 0; i < list.count; i++) {
    say_seals(&list.objects[i]);
  }
}

/// Some address in the object's code.
static inline void* text_of(const struct object* object) {
  for (size_t i = 0; i < object->count; i++) {
    if (object->headers[i].p_type == PT_LOAD && (object->headers[i].p_flags & PF_X) != 0) {
      return (void*)page_of(object->base + object->headers[i].p_vaddr);
    }
  }
  return NULL;
}

/// What the kernel says to `PROT_READ | PROT_WRITE | PROT_EXEC` on the first page of the object's
/// code. Where it is allowed the old protection comes back.
static inline const char* try_to_open_text(const char* name) {
  const struct object object = object_named(name);
  const long result = raw3(SYS_mprotect, text_of(&object), page_size(), 7);
  if (result == 0) {
    raw3(SYS_mprotect, text_of(&object), page_size(), 5);
  }
  return answer(result);
}

static inline bool is_kernels_own(const char* name) {
  return starts_with(name, "[vdso]") || starts_with(name, "[vvar") ||
         starts_with(name, "[sigpage]") || starts_with(name, "[vectors]") ||
         starts_with(name, "[uprobes]");
}

static inline void count_kernels_own(const struct mapping* m, void* context) {
  struct tally* tally = context;
  if (is_kernels_own(m->name)) {
    *(m->sealed ? &tally->sealed : &tally->open) += m->end - m->start;
  }
}

static inline void say_seal_of_vdso(void) {
  struct tally tally = {0};
  for_each_mapping(count_kernels_own, &tally);
  say("vdso: ", word_for(&tally), "\n");
}

static inline void count_stack(const struct mapping* m, void* context) {
  struct tally* tally = context;
  if (same_text(m->name, "[stack]")) {
    *(m->sealed ? &tally->sealed : &tally->open) += m->end - m->start;
  }
}

static inline void say_seal_of_stack(void) {
  struct tally tally = {0};
  for_each_mapping(count_stack, &tally);
  say("stack: ", word_for(&tally), "\n");
}

/// `sealed`, `open`, or `gone`: the code of the object of this name.
static inline const char* seal_of_text(const char* name) {
  const struct object object = object_named(name);
  return object.count == 0 ? "gone" : seal_of(text_of(&object));
}
