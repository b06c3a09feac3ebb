// SPDX-License-Identifier: Apache-2.0
// Change code that the program has mapped from a file by itself, as a loader of its own does.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   mapped-code = seal
// with the shim, exit 0:
//   mapped as code: EPERM
//   made code later: EPERM
// without it, exit 0:
//   mapped as code: done, answers 666
//   made code later: done, answers 666
#include "attack.h"

#include <fcntl.h>

enum { rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC };

static void attack(const char* how, char* code) {
  const long opened = raw3(SYS_mprotect, code, page_size(), rw | PROT_EXEC);
  if (opened < 0) {
    say(how, ": ", answer(opened), "\n");
    return;
  }
  copy_bytes(code, foreign_code, sizeof foreign_code);
  __builtin___clear_cache(code, code + sizeof foreign_code);
  int (*const function)(void) = (int (*)(void))(uintptr_t)code;
  say(how, ": done, answers ", decimal(function()), "\n");
}

int main(void) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  attack("mapped as code", mmap(NULL, page_size(), rx, MAP_PRIVATE, file, 0));
  char* const later = mmap(NULL, page_size(), PROT_READ, MAP_PRIVATE, file, 0);
  mprotect(later, page_size(), rx);
  attack("made code later", later);
}
