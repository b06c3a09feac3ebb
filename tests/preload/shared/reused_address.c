// SPDX-License-Identifier: Apache-2.0
// Loads a library and unloads it, puts memory of its own where it was, and makes calls on that
// which a seal on the library would refuse. The argument is how many threads do that, in a loop
// where it is more than one.
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

enum { most_threads = 4 };
static const char* const names[most_threads] = {"libstorm1.so", "libstorm2.so", "libstorm3.so",
                                                "libstorm4.so"};

/// Where the library's code is while it is loaded.
static struct extent come_and_go(const char* name) {
  void* const library = dlopen(name, RTLD_NOW);
  const struct object object = object_named(name);
  struct extent code = {0, 0};
  for (size_t i = 0; i < object.count; i++) {
    if (object.headers[i].p_type == PT_LOAD && (object.headers[i].p_flags & PF_X) != 0) {
      code = pages_of(&object, &object.headers[i]);
    }
  }
  dlclose(library);
  return code;
}

/// False where something else is there.
static bool use(struct extent place) {
  const size_t size = place.end - place.start;
  void* const at = (void*)place.start;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  if (mmap(at, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, -1, 0) != at) {
    return false;
  }
  return mprotect(at, size, PROT_READ) == 0 &&
         mmap(at, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0) == at &&
         munmap(at, size) == 0;
}

static void* do_often(void* name) {
  for (int i = 0; i < 300; i++) {
    use(come_and_go(name));
  }
  return NULL;
}

int main(int count, char** words) {
  const int threads = count > 1 ? atoi(words[1]) : 1;
  if (threads == 1) {
    say(use(come_and_go(names[0])) ? "used\n" : "something is there\n");
    return 0;
  }
  pthread_t running[most_threads];
  for (int i = 0; i < threads && i < most_threads; i++) {
    pthread_create(&running[i], NULL, do_often, (void*)(uintptr_t)names[i]);
  }
  for (int i = 0; i < threads && i < most_threads; i++) {
    pthread_join(running[i], NULL);
  }
  say("done\n");
}
