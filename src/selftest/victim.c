// SPDX-License-Identifier: Apache-2.0
// Attacks itself, each time in a child: every call that could change what a process runs, on every
// region of every kind of object, in both ways, and whole exploits. A line for each on stdout, of
// fields with tabs between; the last is `end`. `sealwax selftest` reads them.
//   LD_PRELOAD=LIBRARY selftest-victim LATE-LIBRARY
#include "selftest/exploits.h"

enum { ended_early = 3 }; ///< what it needs to judge by is not there

static const char* word_of(enum effect effect) {
  return effect == refused ? "refused" : effect == harmless ? "harmless" : "open";
}

static void attempt(struct row* row, const struct primitive* primitive, bool through_libc) {
  by_libc = through_libc;
  say("cell\t", row->object, "\t", row->region, "\t", primitive->name, "\t",
      through_libc ? "libc" : "raw", "\t", word_of(effect_of(primitive, &row->target)), "\n");
  if (row->target.file >= 0) {
    raw_call(SYS_pwrite64, row->target.file, (long)image, (long)image_size, 0, 0, 0);
  }
}

static void attempt_both_ways(struct row* row, const struct primitive* primitive) {
  if (primitive->on_file && row->target.file < 0) {
    return;
  }
  attempt(row, primitive, false);
  if (!primitive->one_way) {
    attempt(row, primitive, true);
  }
}

/// The last primitive comes last for all: a file that is cut off takes pages with it for good.
static void attempt_all(void) {
  const size_t last = sizeof primitives / sizeof *primitives - 1;
  for (size_t i = 0; i < row_count; i++) {
    for (size_t k = 0; k < last; k++) {
      attempt_both_ways(&rows[i], &primitives[k]);
    }
  }
  for (size_t i = 0; i < row_count; i++) {
    attempt_both_ways(&rows[i], &primitives[last]);
  }
}

static void exploit_all(const struct scene* scene) {
  for (size_t i = 0; i < 2 * sizeof exploits / sizeof *exploits; i++) {
    const struct exploit* const exploit = &exploits[i / 2];
    by_libc = i % 2 != 0;
    say("exploit\t", exploit->name, "\t", by_libc ? "libc" : "raw", "\t",
        word_of(effect_of_exploit(exploit, scene)), "\n");
  }
}

/// Memory of one's own, on which what is tried succeeds if it is made as it should be. Whether it
/// can be moved with its neighbours is not to depend on who they are: there are none.
static void add_own_memory(void) {
  const size_t size = page_size();
  const struct target room = {.size = 3 * size};
  char* const memory = (char*)other_bytes(&room) + size;
  memory[0] = 'o';
  raw3(SYS_munmap, memory - size, size, 0);
  raw3(SYS_munmap, memory + size, size, 0);
  add_row("own memory", "memory", (uintptr_t)memory, size, -1, 0);
}

static answer_function* answer_of(void* library) {
  return (answer_function*)(uintptr_t)dlsym(library, "selftest_answer");
}

/// False: something that is needed to judge by is not there.
static bool set_scene(const char* path, struct scene* scene) {
  int file = -1;
  struct mapping vdso = {0};
  void* const late = dlopen(path, RTLD_NOW);
  answer_function* const early = answer_of(RTLD_DEFAULT);
  void* const copy = load_from_memory(path, &file);
  if (early == NULL || late == NULL || copy == NULL || answer_of(late) == NULL) {
    return false;
  }
  scene->answer = answer_of(late);
  scene->table = dlsym(late, "selftest_table");
  scene->answer_from_memory = answer_of(copy);
  const struct victim victims[] = {
      victim_around("program", (void*)(uintptr_t)set_scene, -1),
      victim_around("library", (void*)(uintptr_t)early, -1),
      victim_around("late library", (void*)(uintptr_t)scene->answer, -1),
      victim_around("library in shared memory", (void*)(uintptr_t)scene->answer_from_memory, file)};
  for (size_t i = 0; i < sizeof victims / sizeof *victims; i++) {
    add_rows_of(&victims[i]);
  }
  scene->relro = relro_pages(&victims[2]);
  add_own_memory();
  const bool complete = add_kernels(&vdso) && !rows[0].target.unreadable;
  scene->vdso = (struct extent){vdso.start, vdso.end};
  return complete;
}

int main(int count, char** arguments) {
  struct scene scene;
  if (!set_scene(count < 2 ? "" : arguments[1], &scene)) {
    return ended_early;
  }
  exploit_all(&scene);
  attempt_all();
  say("end\n");
  raw3(SYS_exit_group, 0, 0, 0); // without its variables the library's destructors would crash
}
