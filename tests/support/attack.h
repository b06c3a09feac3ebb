// SPDX-License-Identifier: Apache-2.0
// What the attacks share, beside what they share with `sealwax selftest`.
#pragma once

#include "objects.h"
#include "selftest/forgery.h"

/// The pages of RELRO that hold this word, found by looking.
static inline const uintptr_t* find_word(struct extent relro, uintptr_t word) {
  for (uintptr_t at = relro.start; at < relro.end; at += sizeof word) {
    if (*(const uintptr_t*)at == word) {
      return (const uintptr_t*)at;
    }
  }
  return NULL;
}
