// SPDX-License-Identifier: Apache-2.0
// With the process's mappings at the limit, a load has a few left, or a few more: whatever part of
// the shim's work finds none, the library works or is refused by the loader, as ever.
//
// with the shim, exit 0:
//   limit reached
//   40 of 40 children live
//   main: sealed
// without it, exit 0:
//   limit reached
//   40 of 40 children live
//   main: open
#include "objects.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <unistd.h>

/// Maps single pages, every other one without permission so that none merge, until it fails.
static char* fill_the_table(void) {
  char* last = NULL;
  for (unsigned i = 0;; i++) {
    const int protection = i % 2 == 0 ? PROT_READ : PROT_NONE;
    char* page = mmap(NULL, page_size(), protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
      return last;
    }
    last = page;
  }
}

static _Noreturn void load_with_room_for(char* lowest, size_t mappings) {
  // The newest mapping is the lowest; its neighbours follow upwards.
  munmap(lowest, mappings * page_size());
  void* library = dlopen("libplain.so", RTLD_NOW);
  if (library == NULL) {
    _exit(0);
  }
  int (*plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  _exit(plain_answer() != 42 || dlclose(library) != 0);
}

int main(void) {
  char* lowest = fill_the_table();
  say(lowest == NULL ? "cannot map at all\n" : "limit reached\n");
  int alive = 0;
  for (size_t room = 1; room <= 40; room++) {
    const pid_t child = fork();
    if (child == 0) {
      load_with_room_for(lowest, room);
    }
    int status;
    alive += waitpid(child, &status, 0) == child && status == 0;
  }
  say(decimal(alive), " of 40 children live\n");
  munmap(lowest, 100 * page_size());
  say_seals_of("main");
}
