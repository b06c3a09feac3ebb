// SPDX-License-Identifier: Apache-2.0
// Calls that a seal refuses, in numbers:
//
//     refuse calls N     eight threads make N of them in all; `made`, then waits for a line of
//     input refuse programs N  eight threads start N programs side by side, each of which makes one
//     refuse once        is such a program; ends with 0, or with 1 where its report was dropped
//
// Each call is seen to be refused, and says how many were not.
#include "maps.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { threads = 8, ways = 4 };

static void* page;
static size_t size;
static char* program;
static long share;
static atomic_long wrong, told, dropped, lost;

static bool is_refused(int way) {
  errno = 0;
  switch (way) {
  case 0:
    return mprotect(page, size, PROT_READ | PROT_WRITE) == -1 && errno == EPERM;
  case 1:
    return munmap(page, size) == -1 && errno == EPERM;
  case 2:
    return mmap(page, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
               MAP_FAILED &&
           errno == EPERM;
  default:
    return mremap(page, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED && errno == EPERM;
  }
}

static void* make_calls(void* first) {
  for (long i = 0; i < share; i++) {
    wrong += !is_refused((int)((i + (long)(uintptr_t)first) % ways));
  }
  return NULL;
}

static void* start_programs(void* nothing) {
  extern char** environ;
  char* const words[] = {program, (char[]){"once"}, NULL};
  for (long i = 0; i < share; i++) {
    pid_t child;
    int status = -1;
    if (posix_spawn(&child, program, NULL, NULL, words, environ) == 0) {
      waitpid(child, &status, 0);
    }
    atomic_fetch_add(status == 0 ? &told : status == 1 << 8 ? &dropped : &lost, 1);
  }
  return nothing;
}

/// The last of the words that the library counts in (model/report/held_counts.hpp).
static int report_was_dropped(void) {
  const unsigned long* const counts = dlsym(RTLD_DEFAULT, "sealwax_held_counts");
  return counts == NULL ? 2 : counts[counts[1] / sizeof *counts - 1] != 0;
}

static void in_threads(void* (*work)(void*)) {
  pthread_t started[threads];
  for (long i = 0; i < threads; i++) {
    pthread_create(&started[i], NULL, work, (void*)(uintptr_t)i);
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(started[i], NULL);
  }
}

int main(int count, char** words) {
  if (count < 2) {
    return 2;
  }
  program = words[0];
  size = (size_t)sysconf(_SC_PAGESIZE);
  page = (void*)((uintptr_t)dlsym(RTLD_DEFAULT, "getpid") & ~(size - 1));
  if (strcmp(words[1], "programs") != 0 && !same_text(seal_of(page), "sealed")) {
    fputs("libc's text is not sealed\n", stderr);
    return 3;
  }
  if (strcmp(words[1], "once") == 0) {
    return is_refused(0) ? report_was_dropped() : 4;
  }
  share = atol(words[2]) / threads;
  if (strcmp(words[1], "calls") == 0) {
    in_threads(make_calls);
    printf("made %ld, wrong %ld\n", share * threads, atomic_load(&wrong));
    fflush(stdout);
    return getchar() == EOF;
  }
  in_threads(start_programs);
  printf("told %ld, dropped %ld, lost %ld\n", atomic_load(&told), atomic_load(&dropped),
         atomic_load(&lost));
  return 0;
}
