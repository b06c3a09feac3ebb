// SPDX-License-Identifier: Apache-2.0
// Opens a library, looks a symbol up in it and closes it, over and over, one library after the
// other:
//
//     cycles FOLDER     for each number on its input makes as many cycles, and says how long the
//                       median dlopen and dlsym took of the first thousand (those of libraries with
//                       the load hook and of those without apart, in ns), and what the process has
//                       by then: mappings, KiB of memory (Pss), descriptors
//
// The last 32 libraries are open all the time. A library with an even number has the load hook.
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { libraries = 300, open_ones = 32, most_kept = 1000 };

/// Of the calls on libraries of one kind.
struct times {
  long count;
  long opening[most_kept];
  long looking[most_kept];
};

static struct times with_hook, without_hook;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

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

static void make_cycle(const char* folder, int number) {
  struct times* const times = number % 2 == 0 ? &with_hook : &without_hook;
  const long begun = now();
  void* const library = open_or_end(folder, number);
  const long opened = now();
  void* const symbol = dlsym(library, "soak_value");
  const long looked = now();
  if (symbol == NULL || dlclose(library) != 0) {
    exit(1);
  }
  if (times->count < most_kept) {
    times->opening[times->count] = opened - begun;
    times->looking[times->count++] = looked - opened;
  }
}

static int compare(const void* left, const void* right) {
  const long a = *(const long*)left, b = *(const long*)right;
  return (a > b) - (a < b);
}

static long median(long* values, long count) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return count == 0 ? 0 : values[count / 2];
}

static void say_medians(struct times* times) {
  printf("%ld %ld ", median(times->opening, times->count), median(times->looking, times->count));
  times->count = 0;
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

int main(int count, char** words) {
  if (count != 2) {
    return 2;
  }
  for (int i = libraries - open_ones; i < libraries; i++) {
    open_or_end(words[1], i);
  }
  long wanted, made = 0;
  while (scanf("%ld", &wanted) == 1) {
    for (long i = 0; i < wanted; i++) {
      make_cycle(words[1], (int)(made++ % (libraries - open_ones)));
    }
    say_medians(&with_hook);
    say_medians(&without_hook);
    printf("%ld %ld %ld\n", lines_of("/proc/self/maps"), memory(), descriptors());
    fflush(stdout);
  }
  return 0;
}
