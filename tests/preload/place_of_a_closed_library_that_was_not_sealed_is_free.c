// SPDX-License-Identifier: Apache-2.0
// The program puts a page of its own where a closed library was that the policy left alone. Nobody
// takes that away.
//
// policy:
//   sealwax-policy 1
//   [object libplain.so]
//   mode = off
// with the shim or without it, exit 0:
//   place free
//   still 7
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>

int main(void) {
  void* library = dlopen("libplain.so", RTLD_NOW);
  const struct object plain = object_named("libplain.so");
  const struct extent relro = relro_of(&plain);
  dlclose(library);
  char* page = mmap((void*)relro.end, page_size(), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  say(page == (void*)relro.end ? "place free\n" : "place taken\n");
  if (page == MAP_FAILED) {
    return 1;
  }
  *page = 7;
  dlopen("libcounting.so", RTLD_NOW);
  say("still ", decimal(*page), "\n");
}
