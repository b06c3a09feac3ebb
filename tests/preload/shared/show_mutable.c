// SPDX-License-Identifier: Apache-2.0
// Opens a library whose headers mark some of its pages as mutable, and prints which are open,
// beside those around them that are not.
#include "objects.h"
#include "pages.h"

#include <dlfcn.h>

typedef const char* find_pages(const char* region);

static void show(const char* region, const char* pages) {
  bool open[BLOCKS];
  size_t count = 0;
  for (size_t i = 0; i < BLOCKS; i++) {
    open[i] = same_text(seal_of(pages + i * BLOCK), "open");
    count += open[i];
  }
  say(region, ": ", count == 0 ? "sealed" : count == BLOCKS ? "open" : "open at");
  for (size_t i = 0; i < BLOCKS && count != BLOCKS; i++) {
    if (open[i]) {
      say(" ", decimal((long)i));
    }
  }
  say("\n");
}

int main(int count, char** words) {
  void* const library = count > 1 ? dlopen(words[1], RTLD_NOW) : NULL;
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return 1;
  }
  find_pages* const find = (find_pages*)(uintptr_t)dlsym(library, "pages_in");
  static const char* const regions[] = {"text", "rodata", "relro", "data"};
  for (size_t i = 0; i < 4; i++) {
    show(regions[i], find(regions[i]));
  }
}
