// SPDX-License-Identifier: Apache-2.0
// musl does not say where the stack is; the path that execve was given lies in it.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   seal = +stack
//   report-to = stderr
// with the shim, exit 0:
//   stack: sealed
// without it, exit 0:
//   stack: open
#include "objects.h"

int main(void) {
  say_seal_of_stack();
}
