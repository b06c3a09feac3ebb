// SPDX-License-Identifier: Apache-2.0
// One thread walks the loaded objects and waits for another, which opens what is loaded already,
// and looks a name up.
//
// with the shim or without it, exit 0:
//   nothing: found
//   libc: found
//   libm: found
#include "objects.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_bool walking;
static atomic_bool done;

static int wait_in_walk(struct dl_phdr_info* info, size_t size, void* context) {
  (void)info, (void)size, (void)context;
  atomic_store(&walking, true);
  while (!atomic_load(&done)) {
    usleep(1000);
  }
  return 1;
}

static void* walk(void* nothing) {
  dl_iterate_phdr(wait_in_walk, NULL);
  return nothing;
}

static void look_up(const char* title, const char* file) {
  atomic_store(&walking, false);
  atomic_store(&done, false);
  void* library = dlopen(file, RTLD_NOW);
  pthread_t walker;
  pthread_create(&walker, NULL, walk, NULL);
  while (!atomic_load(&walking)) {
    usleep(1000);
  }
  dlopen(file, RTLD_NOW);
  const bool found = dlsym(library, "getpid") != NULL && dlsym(RTLD_DEFAULT, "getpid") != NULL;
  atomic_store(&done, true);
  pthread_join(walker, NULL);
  say(title, ": ", found ? "found" : "not found", "\n");
}

int main(void) {
  alarm(60);
  look_up("nothing", NULL);
  look_up("libc", "libc.so.6");
  look_up("libm", "libm.so.6");
}
