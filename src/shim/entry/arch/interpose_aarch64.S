// SPDX-License-Identifier: Apache-2.0
/* dlopen, dlmopen and dlsym: look first, then jump on. The jump leaves the caller's return address
   in place, by which glibc finds out whose RUNPATH and whose namespace counts. */
#include "shim/loader/function_numbers.h"

.macro forward name, which, file
        .globl  \name
        .type   \name, %function
\name:
        .cfi_startproc
        bti     c
        stp     x29, x30, [sp, #-48]!
        .cfi_adjust_cfa_offset 48
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov     x29, sp
        stp     x0, x1, [sp, #16]
        str     x2, [sp, #32]
        mov     x2, x30
        mov     x1, \file
        mov     w0, #\which
        bl      sealwax_before  /* (which, file, caller) */
        mov     x16, x0
        ldp     x0, x1, [sp, #16]
        ldr     x2, [sp, #32]
        ldp     x29, x30, [sp], #48
        .cfi_adjust_cfa_offset -48
        .cfi_restore x29
        .cfi_restore x30
        cbz     x16, 1f
        br      x16     /* x16 may enter a function that starts with bti c */
1:      mov     x0, xzr /* nobody has the function: a null pointer, as itself would answer */
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        forward dlopen, SEALWAX_DLOPEN, x0
        forward dlmopen, SEALWAX_DLMOPEN, x1
        forward dlsym, SEALWAX_DLSYM, xzr

        .section .note.GNU-stack, "", %progbits

/* BTI, PAC and GCS. Without the note the linker drops them for the whole object, and a preloaded
   object without them switches them off for the process (AAELF64, "Program Property"). */
        .section .note.gnu.property, "a"
        .balign 8
        .word   4, 16, 5
        .asciz  "GNU"
        .word   0xc0000000, 4, SEALWAX_FEATURES, 0
