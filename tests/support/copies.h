// SPDX-License-Identifier: Apache-2.0
// Copies of the test libraries: each a file of its own.
#pragma once

#include "raw.h"

#include <sys/mman.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/// Writes the library `name` into an open file, over what is there.
static inline void write_library(const char* name, int file) {
  static char bytes[1 << 16];
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("LD_LIBRARY_PATH"), name);
  const int original = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size;
  bool whole = original >= 0 && file >= 0 && ftruncate(file, 0) == 0;
  while (whole && (size = read(original, bytes, sizeof bytes)) > 0) {
    whole = write(file, bytes, (size_t)size) == size;
  }
  close(original);
  if (!whole) {
    say("failed: no copy of ", name, "\n");
    exit(1);
  }
}

static inline void copy_library(const char* name, const char* path) {
  const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
  write_library(name, file);
  close(file);
}

/// Opens a copy that has no name.
static inline void* open_from_memory(const char* name) {
  char path[64];
  const int file = memfd_create("plugin", MFD_CLOEXEC);
  write_library(name, file);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  close(file);
  return library;
}

/// What the function of this name in a library says; -1 where there is none.
static inline int ask(void* library, const char* function) {
  int (*asked)(void) = library == NULL ? NULL : (int (*)(void))(uintptr_t)dlsym(library, function);
  return asked == NULL ? -1 : asked();
}
