// SPDX-License-Identifier: Apache-2.0
// dlsym does not wait for a thread that is inside dl_iterate_phdr, so a callback may wait for a
// thread that looks up a symbol; nor may the shim wait there.
//
// with the shim, exit 0:
//   looked up during the walk
//   libplain.so: sealed
// without it, exit 0:
//   looked up during the walk
//   libplain.so: open
#include "objects.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_bool walking;

static void* look_up(void* nothing) {
  while (!atomic_load(&walking)) {
  }
  return dlsym(RTLD_DEFAULT, "getpid") == NULL ? nothing : &walking;
}

static int wait_for(struct dl_phdr_info* info, size_t size, void* thread) {
  (void)info;
  (void)size;
  void* found = NULL;
  atomic_store(&walking, true);
  pthread_join(*(pthread_t*)thread, &found);
  say(found == NULL ? "not found\n" : "looked up during the walk\n");
  return 1;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, look_up, NULL);
  dl_iterate_phdr(wait_for, &thread);
  dlopen("libplain.so", RTLD_NOW);
  say_seals_of("libplain.so");
}
