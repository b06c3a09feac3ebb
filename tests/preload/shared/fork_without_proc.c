// SPDX-License-Identifier: Apache-2.0
// Forks where a child cannot read /proc, and prints whether it may make new executable memory. The
// argument says why it cannot.
#include "names.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void must(bool done, const char* what) {
  if (!done) {
    say("cannot ", what, "\n");
    _exit(1);
  }
}

static void say_whether_denied(const char* who) {
  const void* const code = mmap(NULL, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  say(who, ": ", code != MAP_FAILED ? "allowed" : "denied", "\n");
}

int main(int count, char** words) {
  must(count == 2, "do without an argument");
  if (same_text(words[1], "chroot")) {
    must(mkdir("root", 0700) == 0 && chroot("root") == 0, "change the root");
  } else {
    must(same_text(words[1], "no descriptor") &&
             setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0}) == 0,
         "limit descriptors");
  }
  must(open("/proc/self/status", O_RDONLY) < 0, "be without /proc");
  say_whether_denied("the program");
  int status = 0;
  const pid_t child = fork();
  if (child == 0) {
    say_whether_denied("a forked child");
    must(waitpid(-1, NULL, 0) < 0, "have no child of its own");
    _exit(0);
  }
  must(waitpid(child, &status, 0) == child && status == 0, "wait for it");
}
