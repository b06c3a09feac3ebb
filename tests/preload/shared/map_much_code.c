// SPDX-License-Identifier: Apache-2.0
// Maps one page of a file as code, over and over, and prints how many mappings more than that this
// process has afterwards, and what a call on the last one is answered. The arguments: the file, and
// how often.
#include "names.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long mappings(void) {
  char piece[4096];
  long lines = 0;
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (long size; (size = read(file, piece, sizeof piece)) > 0;) {
    for (long i = 0; i < size; i++) {
      lines += piece[i] == '\n';
    }
  }
  close(file);
  return lines;
}

static __attribute__((noinline)) void unmap(void* at) {
  long result = munmap(at, page_size());
  stay(result);
  say("munmap of the last: ", libc_answer(result), "\n");
}

int main(int count, char** words) {
  const int file = count == 3 ? open(words[1], O_RDONLY | O_CLOEXEC) : -1;
  const long times = count == 3 ? strtol(words[2], NULL, 10) : 0;
  const long before = mappings();
  void* last = MAP_FAILED;
  for (long i = 0; i < times; i++) {
    // Two pages that follow each other in the file would become one mapping.
    last = mmap(NULL, page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  }
  const long more = mappings() - before - times;
  printf("%ld mapped, %s mappings on top\n", times, more < times / 50 ? "few" : "many");
  fflush(stdout);
  let("last", (uintptr_t)last);
  let("page", page_size());
  unmap(last);
}
