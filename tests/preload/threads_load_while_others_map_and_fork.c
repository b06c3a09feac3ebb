// SPDX-License-Identifier: Apache-2.0
// Four threads open and close libraries, two map and unmap, and the main thread forks children that
// look up symbols; then, with no other thread in the loader, children that load. Nothing hangs,
// nothing crashes, and what is left of closed libraries is of the first few loads.
//
// with the shim, exit 0:
//   1000 loads, 200 children that look up, 200 children that load: all well
//   something is left of closed libraries, but no more than of 20 loads
// without it, exit 0:
//   1000 loads, 200 children that look up, 200 children that load: all well
//   nothing is left of closed libraries
#include "objects.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { loaders = 4, mappers = 2, loads_of_each = 125, children = 200 };

static atomic_bool stop;
static atomic_int loads;
static atomic_int faults;

static void load_once(const char* name) {
  void* library = dlopen(name, RTLD_NOW);
  int (*plain_answer)(void) =
      library == NULL ? NULL : (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  if (plain_answer == NULL || plain_answer() != 42 || dlclose(library) != 0) {
    atomic_fetch_add(&faults, 1);
    return;
  }
  atomic_fetch_add(&loads, 1);
}

static void* load_and_close(void* name) {
  for (int i = 0; i < loads_of_each; i++) {
    load_once(name);
    load_once("libplain.so");
  }
  return NULL;
}

static void* map_and_unmap(void* nothing) {
  while (!atomic_load(&stop)) {
    char* pages = mmap(NULL, 3 * page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages, page_size(), PROT_READ | PROT_WRITE) != 0 ||
        mprotect(pages, page_size(), PROT_READ | PROT_EXEC) != 0 ||
        munmap(pages, 3 * page_size()) != 0) {
      atomic_fetch_add(&faults, 1);
    }
  }
  return nothing;
}

static _Noreturn void look_up(void) {
  _exit(dlsym(RTLD_DEFAULT, "getpid") == NULL);
}

static _Noreturn void load_in_child(void) {
  const int before = atomic_load(&faults);
  load_once("libplain.so");
  _exit(atomic_load(&faults) != before);
}

static void fork_children(void (*task)(void)) {
  for (int i = 0; i < children; i++) {
    const pid_t child = fork();
    if (child == 0) {
      task();
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) {
      atomic_fetch_add(&faults, 1);
    }
  }
}

// From a file in memory code is moved to private memory, where it has no name.
static void count_code(const struct mapping* mapping, void* context) {
  const char* name = file_name_of(mapping->name);
  *(long*)context += mapping->executable && (name[0] == '\0' || starts_with(name, "libstorm") ||
                                             same_text(name, "libplain.so"));
}

int main(void) {
  static const char* const names[loaders] = {"libstorm1.so", "libstorm2.so", "libstorm3.so",
                                             "libstorm4.so"};
  long before = 0, left = 0;
  for_each_mapping(count_code, &before);
  pthread_t mapping[mappers];
  pthread_t loading[loaders];
  for (int i = 0; i < mappers; i++) {
    pthread_create(&mapping[i], NULL, map_and_unmap, NULL);
  }
  for (int i = 0; i < loaders; i++) {
    pthread_create(&loading[i], NULL, load_and_close, (void*)(uintptr_t)names[i]);
  }
  fork_children(look_up);
  for (int i = 0; i < loaders; i++) {
    pthread_join(loading[i], NULL);
  }
  fork_children(load_in_child);
  atomic_store(&stop, true);
  for (int i = 0; i < mappers; i++) {
    pthread_join(mapping[i], NULL);
  }
  say(decimal(atomic_load(&loads)), " loads, 200 children that look up, 200 children that load: ",
      atomic_load(&faults) == 0 ? "all well" : "faults", "\n");
  for_each_mapping(count_code, &left);
  left -= before;
  say(left == 0    ? "nothing is left of closed libraries\n"
      : left <= 20 ? "something is left of closed libraries, but no more than of 20 loads\n"
                   : "too much is left of closed libraries\n");
}
