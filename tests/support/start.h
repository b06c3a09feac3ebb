// SPDX-License-Identifier: Apache-2.0
// The start of a program without libc.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// The program itself, which whoever includes this defines. `stack` is as the kernel left it: argc,
/// argv, NULL, the environment, NULL, the auxiliary vector (psABI, "Process Initialization").
__attribute__((used)) static _Noreturn void start(const uintptr_t* stack);

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#else
__asm__(".globl _start\n_start: mov x29, xzr\n mov x30, xzr\n mov x0, sp\n b start\n");
#endif

// Compilers make calls of these two, libc or not.
void* memset(void* at, int value, size_t size) {
  for (size_t i = 0; i < size; i++) {
    ((volatile unsigned char*)at)[i] = (unsigned char)value;
  }
  return at;
}

void* memcpy(void* restrict to, const void* restrict from, size_t size) {
  for (size_t i = 0; i < size; i++) {
    ((volatile unsigned char*)to)[i] = ((const unsigned char*)from)[i];
  }
  return to;
}
