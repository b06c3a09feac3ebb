// SPDX-License-Identifier: Apache-2.0
// Every advice that would take RELRO's bytes away, from this process or from its children.
//
// with the shim, exit 0:
//   DONTNEED: EPERM, pointers as they were
//   FREE: EPERM, pointers as they were
//   DONTNEED_LOCKED: EPERM, pointers as they were
//   GUARD_INSTALL: EPERM, pointers as they were
//   DONTFORK: EPERM, pointers as they were
//   WIPEONFORK: EPERM, pointers as they were
// without it, exit 0:
//   DONTNEED: done, pointers lost
//   FREE: EINVAL, pointers as they were
//   DONTNEED_LOCKED: done, pointers lost
//   GUARD_INSTALL: done, pointers lost
//   DONTFORK: done, pointers lost
//   WIPEONFORK: EINVAL, pointers as they were
#include "attack.h"

#include <sys/wait.h>

#include <unistd.h>

// Newer than the headers of some systems that can build this.
enum { advice_dontneed_locked = 24, advice_guard_install = 102 };

extern const int* plain_pointer(int index);

/// Whether a child finds the pointers as they are now; one that crashes does not.
static bool child_finds(const int* expected) {
  const pid_t child = fork();
  if (child == 0) {
    // A core file would be one more thing that this test leaves.
    raw3(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 0, 0);
    _exit(plain_pointer(0) != expected);
  }
  int status;
  return waitpid(child, &status, 0) == child && status == 0;
}

static void attempt(const char* name, int advice, const struct extent relro, const int* pointer) {
  if (fork() == 0) {
    const long result = raw3(SYS_madvise, relro.start, relro.end - relro.start, advice);
    say(name, ": ", answer(result), ", pointers ", child_finds(pointer) ? "as they were" : "lost",
        "\n");
    _exit(0);
  }
  int status;
  wait(&status);
}

int main(void) {
  const struct object plain = object_named("libplain.so");
  const struct extent relro = relro_of(&plain);
  const int* pointer = plain_pointer(0);
  attempt("DONTNEED", MADV_DONTNEED, relro, pointer);
  attempt("FREE", MADV_FREE, relro, pointer);
  attempt("DONTNEED_LOCKED", advice_dontneed_locked, relro, pointer);
  attempt("GUARD_INSTALL", advice_guard_install, relro, pointer);
  attempt("DONTFORK", MADV_DONTFORK, relro, pointer);
  attempt("WIPEONFORK", MADV_WIPEONFORK, relro, pointer);
}
