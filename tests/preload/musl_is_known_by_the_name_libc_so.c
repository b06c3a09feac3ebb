// SPDX-License-Identifier: Apache-2.0
// musl's loader has two names, and Debian's file no DT_SONAME. A program that names libc.so as its
// interpreter has what it loads late sealed as any other.
//
// with the shim, exit 0:
//   300 libraries answer, RELRO of 300 is private and sealed
// without it, exit 0:
//   300 libraries answer, RELRO of 0 is private and sealed
#include "musl_threads_load_three_hundred_libraries.c" // NOLINT(bugprone-suspicious-include)
