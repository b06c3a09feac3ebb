// SPDX-License-Identifier: Apache-2.0
// What the shim opened it has closed, and errno is as libc left it; the same after a late load, and
// in a program that was started without standard input and standard error.
//
// with the shim, exit 0:
//   errno 0, open: 0 1 2
//   errno 7 after a load, open: 0 1 2
//   text sealed
//   errno 0, open: 1
//   errno 7 after a load, open: 1
//   text sealed
// without it, exit 0:
//   errno 0, open: 0 1 2
//   errno 7 after a load, open: 0 1 2
//   text open
//   errno 0, open: 1
//   errno 7 after a load, open: 1
//   text open
#include "objects.h"

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

static void say_open_descriptors(void) {
  for (int i = 0; i < 64; i++) {
    if (raw3(SYS_fcntl, i, F_GETFD, 0) >= 0) {
      say(" ", decimal(i));
    }
  }
  say("\n");
}

int main(int count, char** words) {
  say("errno ", decimal(errno), ", open:");
  say_open_descriptors();
  void* library = dlopen("libplain.so", RTLD_NOW);
  errno = 7;
  const void* loaded = library == NULL ? NULL : dlsym(library, "plain_answer");
  say("errno ", decimal(errno), " after a load, open:");
  say_open_descriptors();
  say("text ", seal_of(loaded), "\n");
  if (count == 1) {
    close(0);
    close(2);
    char* again[] = {words[0], (char[]){"again"}, NULL};
    execv("/proc/self/exe", again);
  }
}
