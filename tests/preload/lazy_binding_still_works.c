// SPDX-License-Identifier: Apache-2.0
// Under -z lazy the table of functions is filled in at the first call of each, and stays writable;
// the rest of RELRO is sealed.
//
// with the shim, exit 0:
//   main: sealed
//   answer 42
// without it, exit 0:
//   main: open
//   answer 42
#include "objects.h"

extern int plain_answer(void);

int main(void) {
  say_seals_of("main");
  say("answer ", decimal(plain_answer()), "\n");
}
