// SPDX-License-Identifier: Apache-2.0
// A library whose path is longer than the kernel takes or tells one (PATH_MAX), and so is what
// comes after it. It is opened by a link of the kernel's: for a relative path the loader asks for
// the folder's own, for which that of glibc 2.41 waits forever.
//
// with the shim, exit 0:
//   opened
//   far_off.so: sealed
//   libcounting.so: sealed
// without it, exit 0:
//   opened
//   far_off.so: open
//   libcounting.so: open
#include "copies.h"
#include "objects.h"

#include <sys/stat.h>

#include <string.h>

enum { kDepth = 25 };

int main(void) {
  char name[201];
  memset(name, 'd', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  for (int i = 0; i < kDepth; i++) {
    if (mkdir(name, 0755) != 0 || chdir(name) != 0) {
      say("cannot make the folder\n");
      return 1;
    }
  }
  copy_library("libplain.so", "far_off.so");
  void* const library = dlopen("/proc/self/cwd/far_off.so", RTLD_NOW);
  say(library == NULL ? dlerror() : "opened", "\n");
  dlopen("libcounting.so", RTLD_NOW);
  say_seals_of("far_off.so");
  say_seals_of("libcounting.so");
  unlink("far_off.so");
  for (int i = 0; i < kDepth; i++) {
    if (chdir("..") != 0 || rmdir(name) != 0) {
      return 1;
    }
  }
}
