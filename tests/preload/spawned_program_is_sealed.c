// SPDX-License-Identifier: Apache-2.0
// posix_spawn and vfork share the parent's memory until the exec: nothing that the shim does in
// between may touch it.
//
// with the shim, exit 0:
//   spawned: main sealed
//   vforked: main sealed
//   parent: main sealed
// without it, exit 0:
//   spawned: main open
//   vforked: main open
//   parent: main open
#include "objects.h"

#include <sys/wait.h>

#include <spawn.h>
#include <unistd.h>

extern char** environ;

static void wait_for(pid_t child) {
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) {
    say("the child failed\n");
  }
}

int main(int count, char** words) {
  if (count > 1) {
    say(words[1], ": main ", seal_of_text("main"), "\n");
    return 0;
  }
  char* spawned[] = {words[0], (char[]){"spawned"}, NULL};
  char* vforked[] = {words[0], (char[]){"vforked"}, NULL};
  pid_t child;
  if (posix_spawn(&child, words[0], NULL, NULL, spawned, environ) == 0) {
    wait_for(child);
  }
  child = vfork();
  if (child == 0) {
    execv(words[0], vforked);
    _exit(1);
  }
  wait_for(child);
  say("parent: main ", seal_of_text("main"), "\n");
}
