// SPDX-License-Identifier: Apache-2.0
// A library is loaded where /proc cannot be read, so that nobody knows whether a filter has come:
// it stays open, until the next load where it can be read.
//
// machine:
//   no journal
// with the shim, exit 0:
//   within: open
//   libcounting.so: sealed
//   within.so: sealed
// without it, exit 0:
//   within: open
//   libcounting.so: open
//   within.so: open
#include "copies.h"
#include "objects.h"

#include <sys/stat.h>

static void must(bool done, const char* what) {
  if (!done) {
    say("cannot ", what, "\n");
    exit(1);
  }
}

int main(void) {
  const int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  must(mkdir("root", 0700) == 0, "make a folder");
  copy_library("libplain.so", "root/within.so");
  must(chroot("root") == 0, "change the root");
  must(dlopen("/within.so", RTLD_NOW) != NULL, "open the library");
  must(fchdir(top) == 0 && chroot(".") == 0 && fchdir(here) == 0, "change the root back");
  say("within: ", seal_of_text("within.so"), "\n");
  dlopen("libcounting.so", RTLD_NOW);
  say_seals_of("libcounting.so");
  say_seals_of("within.so");
  unlink("root/within.so");
  rmdir("root");
}
