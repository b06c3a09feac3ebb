// SPDX-License-Identifier: Apache-2.0
// Makes two calls that a seal refuses, from two places, and writes to descriptor 3 what each left
// of the thread's signals and of descriptor 2. The first argument arranges something unusual
// before, with the second. Between the calls it waits for a byte, or for the end, of descriptor 4.
#include "names.h"
#include "pages.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must(int done, const char* what) {
  if (!done) {
    dprintf(3, "cannot %s: errno %d\n", what, errno);
    _exit(1);
  }
}

static unsigned long bits_of(const sigset_t* set) {
  unsigned long bits = 0;
  for (int signal = 1; signal < 32; signal++) {
    bits |= (unsigned long)(sigismember(set, signal) == 1) << signal;
  }
  return bits;
}

static void show(const char* when, long result) {
  sigset_t pending, blocked;
  must(sigpending(&pending) == 0 && sigprocmask(SIG_BLOCK, 0, &blocked) == 0, "look at signals");
  dprintf(3, "%s: pending %lx, blocked %lx, flags of 2 %x\n", when, bits_of(&pending),
          bits_of(&blocked), fcntl(2, F_GETFL));
  dprintf(3, "call: %s\n", result == 0 ? "done" : "refused");
}

static void arrange(const char* what, const char* with) {
  sigset_t set;
  sigemptyset(&set);
  if (same_text(what, "own data as 2")) {
    must(close(2) == 0 && open(with, O_WRONLY | O_CREAT | O_EXCL, 0600) == 2, "open it as 2");
    must(write(2, "own data\n", 9) == 9, "write to it");
  } else if (same_text(what, "file limit")) {
    const struct rlimit limit = {strtoul(with, 0, 0), strtoul(with, 0, 0)};
    must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "set the limit");
  } else if (same_text(what, "pending SIGPIPE")) {
    sigaddset(&set, SIGPIPE);
    must(sigprocmask(SIG_BLOCK, &set, 0) == 0 && raise(SIGPIPE) == 0, "have it pending");
  } else if (same_text(what, "no 2")) {
    must(close(2) == 0, "close it");
  } else {
    must(same_text(what, "nothing"), "arrange that");
  }
}

static __attribute__((noinline)) void first(void* at) {
  long result = mprotect(at, page_size(), PROT_NONE);
  stay(result);
  show("first", result);
}

static __attribute__((noinline)) void second(void* at) {
  long result = munmap(at, page_size());
  stay(result);
  show("second", result);
}

int main(int count, char** words) {
  char byte;
  void* const at = (void*)(uintptr_t)pages_in("text");
  must(count == 3, "do without two arguments");
  arrange(words[1], words[2]);
  first(at);
  must(read(4, &byte, 1) >= 0, "wait");
  second(at);
  dprintf(3, "survived\n");
}
