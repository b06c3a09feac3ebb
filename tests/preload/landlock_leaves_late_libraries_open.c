// SPDX-License-Identifier: Apache-2.0
// A program that has Landlock keep it from all but its libraries: what it loads then works as it
// does bare, and is left open, since /proc cannot be read; what was sealed before stays so.
//
// with the shim, exit 0:
//   answers 42
//   libplain.so: done
//   libc: EPERM
// without it, exit 0:
//   answers 42
//   libplain.so: done
//   libc: done
#include "objects.h"

#include <linux/landlock.h>
#include <sys/prctl.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_nothing_outside(const char* folder) {
  const struct landlock_ruleset_attr rules = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE};
  const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
  const struct landlock_path_beneath_attr beneath = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
                                                     .parent_fd = open(folder, O_PATH | O_CLOEXEC)};
  return ruleset >= 0 &&
         syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 &&
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

int main(void) {
  if (!read_nothing_outside(getenv("LD_LIBRARY_PATH")) ||
      open("/proc/self/status", O_RDONLY) >= 0) {
    say("no Landlock\n");
    return 1;
  }
  void* const library = dlopen("libplain.so", RTLD_NOW);
  int (*const ask)(void) =
      library == NULL ? NULL : (int (*)(void))(uintptr_t)dlsym(library, "plain_answer");
  say("answers ", decimal(ask == NULL ? -1 : ask()), "\n");
  say("libplain.so: ", try_to_open_text("libplain.so"), "\n");
  say("libc: ", try_to_open_text("libc"), "\n");
}
