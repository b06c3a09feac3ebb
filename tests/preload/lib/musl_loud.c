// SPDX-License-Identifier: Apache-2.0
// Built by musl-gcc, with musl's own crti.o. Says in its constructor what is sealed of it, what
// becomes of an attempt on its code, and which descriptor a file would get there.
//   NAME=, a word: what it defines; NEEDS=, one that another defines; OPENS=, what the constructor
//   opens
#include "objects.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#define TEXT(word) #word
#define QUOTED(word) TEXT(word)
#define OWN_NAME "libmusl_" QUOTED(NAME) ".so"

int NAME = 1;

__attribute__((constructor)) static void look(void) {
  const int descriptor = open("/dev/null", O_RDONLY);
  close(descriptor);
  say_seals_of(OWN_NAME);
  say("  ", try_to_open_text(OWN_NAME), ", descriptor ", decimal(descriptor), "\n");
#ifdef NEEDS
  extern int NEEDS;
  NEEDS++;
#endif
#ifdef OPENS
  say("  opens ", QUOTED(OPENS), ": ", dlopen(QUOTED(OPENS), RTLD_NOW) != NULL ? "yes\n" : "no\n");
#endif
}
