// SPDX-License-Identifier: Apache-2.0
// A library to attack: a function that fills pages of its own, and a pointer to it in RELRO by
// which it is called.
#include "selftest/library.h"

// What takes the place of one function must take that of no other: an attempt that succeeds is to
// come to its end.
#if defined(__x86_64__)
__asm__(".text\n .balign 4096\n .globl selftest_answer\n .type selftest_answer, @function\n"
        "selftest_answer: endbr64\n mov $42, %eax\n ret\n"
        ".size selftest_answer, .-selftest_answer\n .balign 4096\n");
#else
__asm__(".text\n .balign 65536\n .globl selftest_answer\n .type selftest_answer, %function\n"
        "selftest_answer: hint #34\n mov w0, #42\n ret\n"
        ".size selftest_answer, .-selftest_answer\n .balign 65536\n");
#endif

answer_function* const selftest_table[] = {selftest_answer};
