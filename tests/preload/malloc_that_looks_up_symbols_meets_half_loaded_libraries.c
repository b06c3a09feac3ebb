// SPDX-License-Identifier: Apache-2.0
// Allocators that wrap libc's call dlsym from malloc, and ld.so calls malloc in the middle of a
// load: what the shim then finds in the loader's list is not relocated yet, and must be left until
// it is.
//
// with the shim, exit 0:
//   malloc looked up symbols during loads
//   answer 42
//   answer 42
//   libtextrel.so's word: right
//   libstorm1.so: sealed
//   libgroup_top.so: sealed
// without it, exit 0:
//   malloc looked up symbols during loads
//   answer 42
//   answer 42
//   libtextrel.so's word: right
//   libstorm1.so: open
//   libgroup_top.so: open
#include "objects.h"

#include <dlfcn.h>

extern void* __libc_malloc(size_t size);

static __thread bool looking;
static volatile bool loading;
static volatile int lookups;

void* malloc(size_t size) {
  if (loading && !looking) {
    looking = true;
    lookups += dlsym(RTLD_NEXT, "malloc") != NULL;
    looking = false;
  }
  return __libc_malloc(size);
}

static void* load(const char* name) {
  loading = true;
  void* library = dlopen(name, RTLD_NOW);
  loading = false;
  return library;
}

static void say_answer_of(void* library) {
  int (*plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say("answer ", decimal(plain_answer()), "\n");
}

int main(void) {
  void* first = load("libstorm1.so");
  void* second = load("libhookless.so");
  void* third = load("libtextrel.so");
  if (first == NULL || second == NULL || third == NULL || load("libgroup_top.so") == NULL) {
    return 1;
  }
  say(lookups > 4 ? "malloc looked up symbols during loads\n" : "malloc was not called\n");
  say_answer_of(first);
  say_answer_of(second);
  const uintptr_t* word = dlsym(third, "patched_text");
  say("libtextrel.so's word: ", *word == (uintptr_t)word ? "right\n" : "wrong\n");
  say_seals_of("libstorm1.so");
  say_seals_of("libgroup_top.so");
}
