// SPDX-License-Identifier: Apache-2.0
// Prints how long a program takes from its exec to its end, bare and with a shared object
// preloaded:
//
//   starts TIMES LIBRARY PROGRAM
//
// One bare, one preloaded, in turn, so that whatever else the machine does hits both; the median of
// each in microseconds. Static, so that it runs beside whatever C library.
#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double run(char* program, char** environment, const posix_spawn_file_actions_t* silence) {
  char* arguments[] = {program, NULL};
  pid_t child;
  int status;
  const double begun = now();
  if (posix_spawn(&child, program, silence, NULL, arguments, environment) != 0 ||
      waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
    perror(program);
    exit(1);
  }
  return now() - begun;
}

static int compare(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;
  return (a > b) - (a < b);
}

int main(int count, char** words) {
  if (count != 4)
    return 2;
  const int times = atoi(words[1]);
  char preload[4096];
  snprintf(preload, sizeof preload, "LD_PRELOAD=%s", words[2]);
  char* none[] = {NULL};
  char* preloaded[] = {preload, NULL};
  posix_spawn_file_actions_t silence;
  posix_spawn_file_actions_init(&silence);
  posix_spawn_file_actions_addopen(&silence, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  double* bare = malloc((size_t)times * sizeof *bare);
  double* sealed = malloc((size_t)times * sizeof *sealed);
  for (int i = 0; i < times; ++i) {
    bare[i] = run(words[3], none, &silence);
    sealed[i] = run(words[3], preloaded, &silence);
  }
  qsort(bare, (size_t)times, sizeof *bare, compare);
  qsort(sealed, (size_t)times, sizeof *sealed, compare);
  printf("%.0f %.0f\n", bare[times / 2], sealed[times / 2]);
  return 0;
}
