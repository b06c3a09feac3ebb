// SPDX-License-Identifier: Apache-2.0
// Takes the time from the spawn of a program to its end, of several programs by turns:
//
//     wall_clock ROUNDS PROGRAM [ARGUMENT...] [-- PROGRAM [ARGUMENT...]]...
//
// Each round runs each once, and prints a line of nanoseconds in the order of the arguments. Unlike
// processor time this holds what a program waits for: here whoever traces it.
#define _GNU_SOURCE
#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kMaxCommands = 8, kWarmUpRounds = 5 };

static void fail(const char* what) {
  fprintf(stderr, "wall_clock: %s\n", what);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long time_one_run(char** command, const posix_spawn_file_actions_t* actions) {
  pid_t child;
  int status;
  const long long start = now();
  if (posix_spawn(&child, command[0], actions, NULL, command, environ) != 0)
    fail("cannot start a program");
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("a program did not end with 0");
  return now() - start;
}

static int split_commands(char** words, char*** commands) {
  int count = 0;
  commands[count++] = words;
  for (char** word = words; *word != NULL; ++word) {
    if (strcmp(*word, "--") != 0)
      continue;
    *word = NULL;
    if (count == kMaxCommands)
      fail("too many programs");
    commands[count++] = word + 1;
  }
  return count;
}

int main(int argc, char** argv) {
  if (argc < 3)
    fail("usage: wall_clock ROUNDS PROGRAM [ARGUMENT...] [-- PROGRAM [ARGUMENT...]]...");
  char** commands[kMaxCommands];
  const long rounds = strtol(argv[1], NULL, 10);
  const int count = split_commands(&argv[2], commands);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  for (long round = -kWarmUpRounds; round < rounds; ++round)
    for (int at = 0; at < count; ++at) {
      const long long time = time_one_run(commands[at], &quiet);
      if (round >= 0)
        printf("%lld%c", time, at + 1 < count ? '\t' : '\n');
    }
  return 0;
}
