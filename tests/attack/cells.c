// SPDX-License-Identifier: Apache-2.0
// Every call that could change what a process runs, on every region, judged by its effect: in the
// process, and in a child forked after it. Prints which are open. The library is a file in shared
// memory that the attacker may write.
#include "attack.h"
#include "selftest/primitives.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static char image[1 << 20];
static size_t image_size;

static struct row {
  const char* name;
  struct target target;
  char open[1024];
} rows[6];
static size_t row_count;

static void add(const char* name, uintptr_t at, size_t size, int file, size_t offset) {
  struct row* row = &rows[row_count++];
  row->name = name;
  row->target = (struct target){.at = at, .size = size, .file = file, .offset = (long)offset};
  const struct iovec into = {row->target.bytes, size}, from = {(void*)at, size};
  if (raw_call(SYS_process_vm_readv, getpid(), (long)&into, 1, (long)&from, 1, 0) < 0) {
    row->target.unreadable = true;
  }
}

static void attempt(struct row* row, const struct primitive* primitive) {
  if (effect_of(primitive, &row->target) == opened) {
    const size_t used = strlen(row->open);
    snprintf(row->open + used, sizeof row->open - used, "%s%s", used == 0 ? "" : ", ",
             primitive->name);
  }
  raw_call(SYS_pwrite64, row->target.file, (long)image, (long)image_size, 0, 0, 0);
}

/// The last primitive comes last for all: a file that is cut off takes pages with it for good.
static void judge(void) {
  const size_t last = sizeof primitives / sizeof *primitives - 1;
  for (size_t i = 0; i < row_count; i++) {
    for (size_t k = 0; k < last; k++) {
      attempt(&rows[i], &primitives[k]);
    }
  }
  for (size_t i = 0; i < row_count; i++) {
    attempt(&rows[i], &primitives[last]);
    say(rows[i].name, ": ", rows[i].open[0] == 0 ? "closed" : rows[i].open, "\n");
  }
}

/// The segment of these permissions, or what lies before it without any.
static const ElfW(Phdr) * segment(const struct object* object, unsigned flags) {
  for (size_t i = 0; i < object->count; i++) {
    if (object->headers[i].p_type == PT_LOAD && object->headers[i].p_flags == flags) {
      return &object->headers[i];
    }
  }
  return NULL;
}

/// Loads a copy of the library from a file in shared memory, and keeps that open to be written.
static int load_copy(const char* path, struct object* object) {
  char name[64];
  const int from = open(path, O_RDONLY | O_CLOEXEC);
  const int file = (int)raw3(SYS_memfd_create, "library", 0, 0);
  const ssize_t size = read(from, image, sizeof image);
  close(from);
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  if (size <= 0 || write(file, image, (size_t)size) != size || dlopen(name, RTLD_NOW) == NULL) {
    return -1;
  }
  image_size = (size_t)size;
  *object = object_named(file_name_of(name));
  return file;
}

int main(int count, char** arguments) {
  struct object object;
  const int file = count < 2 ? -1 : load_copy(arguments[1], &object);
  struct mapping vdso; // of a mapping of the kernel's own no part can be had
  if (file < 0 || !mapping_at((const void*)getauxval(AT_SYSINFO_EHDR), &vdso)) {
    return 1;
  }
  const size_t size = page_size();
  const ElfW(Phdr)* const code = segment(&object, PF_R | PF_X);
  const ElfW(Phdr)* const constants = segment(&object, PF_R);
  const uintptr_t text = page_of(object.base + code->p_vaddr);
  // Shows of most calls that they are made as they should be.
  const struct target own = {.size = size + 2 * page_size()};
  char* const memory = (char*)other_bytes(&own) + page_size();
  memory[0] = 'o';
  // Whether it can be moved with its neighbours is not to depend on who they are: there are none.
  raw3(SYS_munmap, memory - page_size(), page_size(), 0);
  raw3(SYS_munmap, memory + size, page_size(), 0);
  add("memory of one's own", (uintptr_t)memory, size, -1, 0);
  add("text", text, size, file, page_of(code->p_offset));
  add("rodata", page_of(object.base + constants->p_vaddr), size, file,
      page_of(constants->p_offset));
  add("relro", relro_of(&object).start, size, file, 0);
  add("gaps", text - size, size, file, 0);
  add("vdso", vdso.start, vdso.end - vdso.start, -1, 0);
  judge();
  raw3(SYS_exit_group, 0, 0, 0); // without its variables the library's destructors would crash
}
