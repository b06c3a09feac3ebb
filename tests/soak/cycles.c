// SPDX-License-Identifier: Apache-2.0
// Opens a library, looks a symbol up in it and closes it, over and over, one library after the
// other:
//
//     cycles FOLDER          for each number on its input makes as many cycles, and says what the
//                            process has by then: mappings, KiB of memory (Pss), descriptors
//     cycles FOLDER NUMBER   makes so many cycles, stops itself, and makes two more between marks
//
// The last 32 libraries are open all the time. A library with an even number has the load hook.
#include "marks.h"

#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { libraries = 300, open_ones = 32 };

static void* open_or_end(const char* folder, int number) {
  char path[4096];
  snprintf(path, sizeof path, "%s/soak_%03d.so", folder, number);
  void* const library = dlopen(path, RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return library;
}

/// With the library whose turn it is.
static void make_cycles(const char* folder, long count) {
  static long made;
  for (long end = made + count; made < end; made++) {
    void* const library = open_or_end(folder, (int)(made % (libraries - open_ones)));
    if (dlsym(library, "soak_value") == NULL || dlclose(library) != 0) {
      exit(1);
    }
  }
}

static long lines_of(const char* path) {
  long lines = 0;
  FILE* const file = fopen(path, "r");
  for (int c = file == NULL ? EOF : getc(file); c != EOF; c = getc(file)) {
    lines += c == '\n';
  }
  fclose(file);
  return lines;
}

static long memory(void) {
  char line[256];
  long size = 0;
  FILE* const file = fopen("/proc/self/smaps_rollup", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    sscanf(line, "Pss: %ld", &size);
  }
  fclose(file);
  return size;
}

static long descriptors(void) {
  long count = 0;
  DIR* const folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) {
    count++;
  }
  closedir(folder);
  return count;
}

static void answer(const char* folder) {
  long wanted;
  while (scanf("%ld", &wanted) == 1) {
    make_cycles(folder, wanted);
    printf("%ld %ld %ld\n", lines_of("/proc/self/maps"), memory(), descriptors());
    fflush(stdout);
  }
}

static void be_counted(const char* folder, long before) {
  make_cycles(folder, before);
  raise(SIGSTOP);
  mark();
  make_cycles(folder, 2);
  mark();
}

int main(int count, char** words) {
  if (count != 2 && count != 3) {
    return 2;
  }
  for (int i = libraries - open_ones; i < libraries; i++) {
    open_or_end(words[1], i);
  }
  if (count == 2) {
    answer(words[1]);
  } else {
    be_counted(words[1], atol(words[2]));
  }
  return 0;
}
