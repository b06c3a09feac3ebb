// SPDX-License-Identifier: Apache-2.0
// Times what a program does that loads libraries as it runs, and prints nanoseconds, a line a
// round:
//
//     late_loads kept LIBRARY ROUNDS      dlopen and dlclose of one that is open all the time
//     late_loads churner LIBRARY ROUNDS   the same of one that comes and goes each time
//     late_loads thousand LIBRARY ROUNDS  a thousand of those, the first ones included: one round
//     late_loads open ROUNDS LIBRARY...   a fork while all of them are open
//     late_loads closed ROUNDS LIBRARY... a fork behind the closing of all of them
#define _GNU_SOURCE
#include <sys/wait.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kPairsARound = 50, kWarmUp = 20 };

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void* open_or_end(const char* library) {
  void* const handle = dlopen(library, RTLD_NOW);
  if (handle == NULL) {
    fprintf(stderr, "late_loads: %s\n", dlerror());
    exit(1);
  }
  return handle;
}

static long long time_pairs(const char* library, int pairs) {
  const long long start = now();
  for (int i = 0; i < pairs; ++i)
    dlclose(open_or_end(library));
  return now() - start;
}

// What the parent is held up by.
static long long time_fork(void) {
  const long long start = now();
  const pid_t child = fork();
  if (child == 0)
    _exit(0);
  const long long time = now() - start;
  waitpid(child, NULL, 0);
  return time;
}

static void open_all(int count, char** libraries, int close) {
  void** const handles = calloc((size_t)count, sizeof *handles);
  for (int i = 0; i < count; ++i)
    handles[i] = open_or_end(libraries[i]);
  for (int i = 0; close && i < count; ++i)
    dlclose(handles[i]);
  free(handles);
  dlclose(open_or_end(libraries[0])); // somebody has to look behind them
}

int main(int argc, char** argv) {
  if (argc < 4)
    return 2;
  const char* const what = argv[1];
  const int closes = strcmp(what, "closed") == 0;
  if (closes || strcmp(what, "open") == 0) {
    open_all(argc - 3, argv + 3, closes);
    for (int i = 0; i < atoi(argv[2]); ++i)
      printf("%lld\n", time_fork());
  } else if (strcmp(what, "thousand") == 0) {
    printf("%lld\n", time_pairs(argv[2], 1000));
  } else {
    if (strcmp(what, "kept") == 0)
      open_or_end(argv[2]);
    time_pairs(argv[2], kWarmUp);
    for (int i = 0; i < atoi(argv[3]); ++i)
      printf("%lld\n", time_pairs(argv[2], kPairsARound) / kPairsARound);
  }
  return 0;
}
