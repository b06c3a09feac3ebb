// SPDX-License-Identifier: Apache-2.0
// A second source file with variables of its own, so that the object has two such pages.
#include "second.h"

#include "sealwax/sealwax.h"

SEALWAX_RO_AFTER_INIT int second_variable = 1;

int* second_place(void) {
  return &second_variable;
}
