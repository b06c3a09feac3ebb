// SPDX-License-Identifier: Apache-2.0
// Times mmap, mprotect and munmap of a page through the functions that the shim stands in front of,
// and as bare system calls, by turns; prints a line of nanoseconds a round: function, bare.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { kCallsARound = 2000 };

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long time_functions(void) {
  const long long start = now();
  for (int i = 0; i < kCallsARound; ++i) {
    void* at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(at, 4096, PROT_READ);
    munmap(at, 4096);
  }
  return now() - start;
}

static long long time_system_calls(void) {
  const long long start = now();
  for (int i = 0; i < kCallsARound; ++i) {
    const long at =
        syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    syscall(SYS_mprotect, at, 4096, PROT_READ);
    syscall(SYS_munmap, at, 4096);
  }
  return now() - start;
}

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 1;
  time_functions();
  time_system_calls();
  for (int i = 0; i < rounds; ++i) {
    const int functions_first = i % 2;
    const long long first = functions_first ? time_functions() : time_system_calls();
    const long long second = functions_first ? time_system_calls() : time_functions();
    printf("%lld\t%lld\n", functions_first ? first : second, functions_first ? second : first);
  }
  return 0;
}
