// SPDX-License-Identifier: Apache-2.0
// Opens a plugin by its path, closes it, replaces the file as the argument says, and opens it
// again.
#include "raw.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char folder[4096];
static char plugin[4200];

static void copy(const char* from, const char* to) {
  static char bytes[1 << 16];
  const int in = open(from, O_RDONLY);
  const int out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
  for (long got; (got = read(in, bytes, sizeof bytes)) > 0;) {
    if (write(out, bytes, (size_t)got) != got) {
      _exit(1);
    }
  }
  close(in);
  close(out);
}

/// As builds and package managers do: a new file takes the name.
static void install(const char* library) {
  copy(library, "new");
  if (rename("new", plugin) != 0) {
    _exit(1);
  }
}

static void open_and_close(void) {
  void* const library = dlopen(plugin, RTLD_NOW);
  if (library == NULL) {
    say("failed: ", dlerror(), "\n");
    return;
  }
  int (*const plain_answer)(void) = (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say("opened, answer ", plain_answer != NULL ? decimal(plain_answer()) : "none", "\n");
  dlclose(library);
}

int main(int count, char** words) {
  if (count != 4 || getcwd(folder, sizeof folder) == NULL) {
    return 1;
  }
  snprintf(plugin, sizeof plugin, "%s/plugin.so", folder);
  install(words[2]);
  open_and_close();
  if (same_text(words[1], "replaced")) {
    install(words[3]);
  }
  open_and_close();
  open_and_close();
  unlink(plugin);
}
