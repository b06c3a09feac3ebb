// SPDX-License-Identifier: Apache-2.0
/* A static program without libc whose RELRO nobody makes constant: says so, and ends with 8. */
#include "selftest/raw.h"

__attribute__((used, section(".data.rel.ro"))) static long table[4096] = {1};

__attribute__((noreturn)) void _start(void) {
  static const char text[] = "began\n";
  table[0] = 2;
  raw_call(SYS_write, 1, (long)text, sizeof text - 1, 0, 0, 0);
  raw_call(SYS_exit, 8, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}
