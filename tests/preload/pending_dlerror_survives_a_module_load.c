// SPDX-License-Identifier: Apache-2.0
// libc loads a converter by itself, which leaves a program's pending dlerror() alone; so does the
// shim's pinning of it.
//
// with the shim, exit 0:
//   libmissing.so: cannot open shared object file: No such file or directory
//   UTF-7.so: sealed
// without it, exit 0:
//   libmissing.so: cannot open shared object file: No such file or directory
//   UTF-7.so: open
#include "objects.h"

#include <dlfcn.h>
#include <iconv.h>

int main(void) {
  if (dlopen("libmissing.so", RTLD_NOW) != NULL || iconv_open("UTF-7", "UTF-8") == (iconv_t)-1) {
    return 1;
  }
  const char* message = dlerror();
  say(message == NULL ? "nothing pending" : message, "\n");
  say_seals_of("UTF-7.so");
}
