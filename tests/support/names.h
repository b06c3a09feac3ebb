// SPDX-License-Identifier: Apache-2.0
// Tells run_case.py what numbers are called that differ from run to run.
#pragma once

#include "raw.h"

/// `number` in hexadecimal, in a buffer that the next call takes again.
static inline const char* hexadecimal(uintptr_t number) {
  static char digits[24];
  char* start = digits + sizeof digits - 1;
  do {
    *--start = "0123456789abcdef"[number % 16];
    number /= 16;
  } while (number != 0);
  *--start = 'x';
  *--start = '0';
  return start;
}

/// From here on reports are read as if they had @NAME@ where they have this number.
static inline void let(const char* name, uintptr_t number) {
  say("let ", name, " = ", hexadecimal(number), "\n");
}

/// What a function of libc answered, in a word: its errno is cleared before and looked at after.
static inline const char* libc_answer(long result) {
  extern int* __errno_location(void);
  return answer(result == -1 ? -*__errno_location() : 0);
}

/// Keeps the call before it from being made by a jump, after which nobody could tell who called.
#define stay(result) __asm__ volatile("" : "+r"(result))
