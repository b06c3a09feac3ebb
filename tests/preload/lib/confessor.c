// SPDX-License-Identifier: Apache-2.0
// A library whose constructor makes a call that a seal refuses: the loader holds its lock there.
#include "names.h"

#include <sys/mman.h>

int confessor_answer(void);
int confessor_answer(void) {
  return 42;
}

__attribute__((constructor)) static void protect_as_it_is(void) {
  const uintptr_t code = page_of((uintptr_t)confessor_answer);
  let("code_of_confessor", code);
  int result = mprotect((void*)code, page_size(), PROT_READ | PROT_EXEC);
  stay(result);
}
