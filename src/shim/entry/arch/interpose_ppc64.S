// SPDX-License-Identifier: Apache-2.0
/* dlopen, dlmopen and dlsym: look first, then jump on. The jump leaves the caller's return address
   in place, by which glibc finds out whose RUNPATH and whose namespace counts. The caller gets its
   TOC pointer back from its own frame, as behind any call of another object's (ELFv2 ABI, 2.3.6). */
#include "shim/loader/function_numbers.h"

        .abiversion 2

.macro forward name, which, file:vararg
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
0:      addis   2, 12, .TOC.-0b@ha
        addi    2, 2, .TOC.-0b@l
        .localentry \name, . - \name
        mflr    0
        std     0, 16(1)
        stdu    1, -64(1)
        .cfi_def_cfa_offset 64
        .cfi_offset lr, 16
        std     3, 32(1)
        std     4, 40(1)
        std     5, 48(1)
        mr      5, 0
        \file
        li      3, \which
        bl      sealwax_before  /* (which, file, caller) */
        nop
        mr      12, 3           /* a function finds its TOC by its own address in r12 */
        ld      3, 32(1)
        ld      4, 40(1)
        ld      5, 48(1)
        addi    1, 1, 64
        .cfi_def_cfa_offset 0
        ld      0, 16(1)
        mtlr    0
        .cfi_restore lr
        cmpdi   12, 0
        beq     1f
        mtctr   12
        bctr
1:      li      3, 0    /* nobody has the function: a null pointer, as itself would answer */
        blr
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        forward dlopen, SEALWAX_DLOPEN, mr 4, 3
        forward dlmopen, SEALWAX_DLMOPEN, mr 4, 4
        forward dlsym, SEALWAX_DLSYM, li 4, 0

        .section .note.GNU-stack, "", @progbits
