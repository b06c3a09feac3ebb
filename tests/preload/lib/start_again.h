// SPDX-License-Identifier: Apache-2.0
// The running program once more, in a process of its own.
#pragma once

#include <sys/wait.h>

#include <stddef.h>
#include <unistd.h>

/// Its exit status with `word` as its argument; -1 where it did not come to its end.
static inline int start_again(char* self, const char* word) {
  const pid_t child = fork();
  if (child == 0) {
    char* arguments[] = {self, (char*)word, NULL};
    execv(self, arguments);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
