// SPDX-License-Identifier: Apache-2.0
// Takes the processor time of a whole process, from the spawn to its end, and of the parent that
// starts and buries it, in several variants:
//
//     stopwatch ROUNDS VARIANT... -- PROGRAM [ARGUMENT...]
//
// VARIANT is a list of assignments with commas between them, or `-` for none. One that begins with
// `@` is a file that lies beside the system's policy and takes its place for that run; without one
// there is no system's policy. Each round runs the program once in each, in an order of its own,
// and prints a line of nanoseconds, in the order of the arguments.
#define _GNU_SOURCE
#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kMaxAssignments = 8, kMaxVariants = 24, kWarmUpRounds = 5 };

static const char kSystemPolicy[] = "/etc/sealwax/policy.conf";

struct Variant {
  const char* policy; // null: none
  char* assignments[kMaxAssignments + 1];
};

static void fail(const char* what) {
  fprintf(stderr, "stopwatch: %s\n", what);
  exit(1);
}

static struct Variant parse_variant(char* text) {
  struct Variant variant = {NULL, {"PATH=/usr/bin:/bin"}};
  if (strcmp(text, "-") == 0)
    return variant;
  int count = 1;
  for (char* word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
    if (*word == '@') {
      variant.policy = word + 1;
      continue;
    }
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

static long long nanoseconds(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0)
    fail("cannot read a clock");
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// glibc's posix_spawn shares the parent's memory until the exec, so nothing is copied here. The
// child's time is read before it is buried, and its burial is the parent's time.
static long long time_one_run(char** command, struct Variant* variant,
                              const posix_spawn_file_actions_t* actions) {
  pid_t child;
  int status;
  siginfo_t end;
  clockid_t childs;
  const long long start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
  if (posix_spawnp(&child, command[0], actions, NULL, command, variant->assignments) != 0)
    fail("cannot start the program");
  if (waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT) != 0 ||
      clock_getcpuclockid(child, &childs) != 0)
    fail("cannot wait for the program");
  const long long own = nanoseconds(childs);
  if (waitpid(child, &status, 0) != child)
    fail("cannot bury the program");
  const long long parents = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("the program did not end with 0");
  return own + parents;
}

// A lookup before the run, so that the kernel knows what is there, or not, as it does elsewhere.
static void put_in_place(const char* policy) {
  if (policy != NULL && rename(policy, kSystemPolicy) != 0)
    fail("cannot put a policy in place");
  (void)!access(kSystemPolicy, R_OK);
}

static void put_away(const char* policy) {
  if (policy != NULL && rename(kSystemPolicy, policy) != 0)
    fail("cannot put a policy away");
}

// What always follows the heaviest finds its own memory cold, and looks heavier than it is. The
// same seed each time: two runs of this differ by what is measured alone.
static void shuffle(int* order, int count) {
  static uint64_t state = 88172645463325252ULL; // Marsaglia, Xorshift RNGs, 2003
  for (int left = count; left > 1; --left) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    const int at = (int)(state % (uint64_t)left);
    const int last = order[left - 1];
    order[left - 1] = order[at];
    order[at] = last;
  }
}

static void run_rounds(long rounds, struct Variant* variants, int count, char** command) {
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  int order[kMaxVariants];
  for (int at = 0; at < count; ++at)
    order[at] = at;
  for (long round = -kWarmUpRounds; round < rounds; ++round) {
    long long times[kMaxVariants];
    shuffle(order, count);
    for (int turn = 0; turn < count; ++turn) {
      struct Variant* const variant = &variants[order[turn]];
      put_in_place(variant->policy);
      times[order[turn]] = time_one_run(command, variant, &quiet);
      put_away(variant->policy);
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
      fail("too many variants");
    variants[count++] = parse_variant(argv[at++]);
  }
  if (count == 0 || at + 1 >= argc)
    fail("usage: stopwatch ROUNDS VARIANT... -- PROGRAM [ARGUMENT...]");
  stay_on_this_processor();
  run_rounds(strtol(argv[1], NULL, 10), variants, count, &argv[at + 1]);
  return 0;
}
