// SPDX-License-Identifier: Apache-2.0
// Pages in each region of libpages.so.
#pragma once

#if defined(__aarch64__) || defined(__powerpc64__) || defined(__loongarch64)
#define BLOCK 65536 // the largest page that kernels are built with
#else
#define BLOCK 4096
#endif
#define BLOCKS 32

/// The first of BLOCKS blocks of the library's `text`, `rodata`, `relro` or `data`.
const char* pages_in(const char* region);
