// SPDX-License-Identifier: Apache-2.0
// Prints where text, rodata and RELRO of the program and some libraries lie: in their file's
// mapping or in private memory. `on memfd` opens one from a file in shared memory.
#include "objects.h"

#include <sys/mman.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char* place_of(const struct tally* tally) {
  const size_t all = tally->sealed + tally->open;
  return all == 0                 ? "none"
         : tally->open != 0       ? "open"
         : tally->anonymous == 0  ? "in its file"
         : tally->anonymous < all ? "mixed"
                                  : "private";
}

static void say_places_of(const char* label, const char* name) {
  const struct object object = object_named(name);
  const struct region_tallies t = tallies_of(&object);
  say(label, ": text ", place_of(&t.text), ", rodata ", place_of(&t.rodata), ", relro ",
      place_of(&t.relro), "\n");
}

/// Opens a copy of the library that no folder has, and says what the loader calls it.
static const char* open_from_memfd(const char* path) {
  static char bytes[65536], name[64];
  const int from = open(path, O_RDONLY | O_CLOEXEC);
  const int to = memfd_create("library", 0);
  for (ssize_t got; (got = read(from, bytes, sizeof bytes)) > 0;) {
    if (write(to, bytes, (size_t)got) != got) {
      return NULL;
    }
  }
  close(from);
  snprintf(name, sizeof name, "/proc/self/fd/%d", to);
  return dlopen(name, RTLD_NOW) == NULL ? NULL : file_name_of(name);
}

int main(int count, char** arguments) {
  say_places_of("main", "main");
  say_places_of("libc", "libc");
  for (int i = 1; i < count; i++) {
    const char* const name = file_name_of(arguments[i]);
    if (arguments[i][0] == '/') {
      const char* const loaded = open_from_memfd(arguments[i]);
      say_places_of("a copy of it in memory", loaded == NULL ? name : loaded);
    } else if (dlopen(name, RTLD_NOW) == NULL) {
      say("failed: ", dlerror(), "\n");
    } else {
      say_places_of(name, name);
    }
  }
}
