// SPDX-License-Identifier: Apache-2.0
// How many seccomp filters there are: here, in a forked child, and in another program; with an
// argument only whether there is the one that closes a program to new code.
#include "raw.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int filters(void) {
  char line[256];
  int count = -1;
  FILE* const status = fopen("/proc/self/status", "re");
  while (fgets(line, sizeof line, status) != NULL) {
    sscanf(line, "Seccomp_filters: %d", &count);
  }
  fclose(status);
  return count;
}

static void compare(const char* who, int before) {
  say(who, ": ", filters() == before ? "as many" : "more", "\n");
}

static void run_again(char* self, const char* level, int before) {
  char count[16];
  snprintf(count, sizeof count, "%d", before);
  char* arguments[] = {self, (char*)level, count, NULL};
  pid_t child;
  if (posix_spawn(&child, self, NULL, NULL, arguments, environ) == 0) {
    waitpid(child, NULL, 0);
  }
}

int main(int count, char** words) {
  if (count > 2) {
    compare(words[1], atoi(words[2]));
    if (strcmp(words[1], "another program") == 0) {
      run_again(words[0], "what that starts", filters());
    }
    return 0;
  }
  const int file = memfd_create("code", 0);
  say("a file in memory: ", file >= 0 ? "done" : errno == EPERM ? "EPERM" : "otherwise", "\n");
  if (count > 1) {
    return 0;
  }
  const int before = filters();
  const pid_t child = fork();
  if (child == 0) {
    compare("a forked child", before);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  run_again(words[0], "another program", before);
}
