// Times a whole process, from the spawn to its end, in several environments by turns:
//
//     stopwatch ROUNDS ENVIRONMENT... -- PROGRAM [ARGUMENT...]
//
// ENVIRONMENT is a list of assignments with commas between them, or `-` for none. Each round runs
// the program once in each, and prints a line of nanoseconds, in the order of the arguments. The
// next round starts with the next environment, so that none always follows the same other.
#define _GNU_SOURCE
#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kMaxAssignments = 8, kMaxVariants = 16, kWarmUpRounds = 5 };

struct Variant {
  char* assignments[kMaxAssignments + 1];
};

static void fail(const char* what) {
  fprintf(stderr, "stopwatch: %s\n", what);
  exit(1);
}

static struct Variant parse_variant(char* text) {
  struct Variant variant = {{"PATH=/usr/bin:/bin"}};
  if (strcmp(text, "-") == 0)
    return variant;
  int count = 1;
  for (char* word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
    if (count == kMaxAssignments)
      fail("too many assignments");
    variant.assignments[count++] = word;
  }
  return variant;
}

// On one processor the parent's cache and clock are the child's, and nothing migrates.
static void stay_on_this_processor(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((size_t)sched_getcpu(), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    perror("stopwatch: sched_setaffinity");
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// glibc's posix_spawn shares the parent's memory until the exec, so nothing is copied here.
static long long time_one_run(char** command, struct Variant* variant,
                              const posix_spawn_file_actions_t* actions) {
  pid_t child;
  int status;
  const long long start = now();
  if (posix_spawnp(&child, command[0], actions, NULL, command, variant->assignments) != 0)
    fail("cannot start the program");
  if (waitpid(child, &status, 0) != child)
    fail("cannot wait for the program");
  const long long end = now();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("the program did not end with 0");
  return end - start;
}

static void run_rounds(long rounds, struct Variant* variants, int count, char** command) {
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  for (long round = -kWarmUpRounds; round < rounds; ++round) {
    long long times[kMaxVariants];
    for (int turn = 0; turn < count; ++turn) {
      const int at = (int)((round + kWarmUpRounds + turn) % count);
      times[at] = time_one_run(command, &variants[at], &quiet);
    }
    for (int at = 0; round >= 0 && at < count; ++at)
      printf("%lld%c", times[at], at + 1 < count ? '\t' : '\n');
  }
}

int main(int argc, char** argv) {
  struct Variant variants[kMaxVariants];
  int count = 0;
  int at = 2;
  while (at < argc && strcmp(argv[at], "--") != 0) {
    if (count == kMaxVariants)
      fail("too many environments");
    variants[count++] = parse_variant(argv[at++]);
  }
  if (count == 0 || at + 1 >= argc)
    fail("usage: stopwatch ROUNDS ENVIRONMENT... -- PROGRAM [ARGUMENT...]");
  stay_on_this_processor();
  run_rounds(strtol(argv[1], NULL, 10), variants, count, &argv[at + 1]);
  return 0;
}
