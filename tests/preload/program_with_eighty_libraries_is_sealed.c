// SPDX-License-Identifier: Apache-2.0
// More than the shim takes at a time: none is lost between one batch and the next.
//
// with the shim, exit 0:
//   80 libraries, 80 of them sealed
// without it, exit 0:
//   80 libraries, 0 of them sealed
#include "copies.h"
#include "objects.h"

#include <string.h>

enum { LIBRARIES = 80 };

/// The copies' names behind what is preloaded already, for the next exec.
static void preload_copies(void) {
  static char list[1 << 16];
  const char* const before = getenv("LD_PRELOAD");
  strcpy(list, before == NULL ? "" : before);
  for (int i = 0; i < LIBRARIES; i++) {
    char path[32];
    snprintf(path, sizeof path, "./many%d.so", i);
    copy_library("libplain.so", path);
    strcat(strcat(list, ":"), path);
  }
  setenv("LD_PRELOAD", list, 1);
}

int main(int count, char** words) {
  if (count == 1) {
    preload_copies();
    execl(words[0], words[0], "again", NULL);
    return 1;
  }
  int loaded = 0;
  int sealed = 0;
  for (int i = 0; i < LIBRARIES; i++) {
    char name[32];
    snprintf(name, sizeof name, "many%d.so", i);
    const struct object object = object_named(name);
    const struct region_tallies tallies = tallies_of(&object);
    loaded += object.count != 0;
    sealed += same_text(word_for(&tallies.text), "sealed") &&
              same_text(word_for(&tallies.relro), "sealed");
    unlink(name);
  }
  printf("%d libraries, %d of them sealed\n", loaded, sealed);
}
