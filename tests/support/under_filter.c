// SPDX-License-Identifier: Apache-2.0
// under_filter RULE... -- [NAME=VALUE...] PROGRAM [ARGUMENT...]
//
// Puts the seccomp filter on itself and becomes the program, which so inherits it. The rules are
// those of filter.h. The variables are set after the filter, so this program runs without them.
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void give_up(const char* why, const char* what) {
  say("under_filter: ", why, what, "\n");
  _exit(125);
}

int main(int count, char** words) {
  struct filter filter = new_filter();
  int at = 1;
  for (; at < count && strcmp(words[at], "--") != 0; at++) {
    if (!add_rule(&filter, words[at])) {
      give_up("no such rule: ", words[at]);
    }
  }
  at++;
  for (; at < count && strchr(words[at], '=') != NULL; at++) {
    putenv(words[at]);
  }
  if (at >= count) {
    give_up("no program to run", "");
  }
  if (!install(&filter)) {
    give_up("the kernel refuses the filter: ", strerror(errno));
  }
  execv(words[at], words + at);
  give_up("cannot run ", words[at]);
}
