// SPDX-License-Identifier: Apache-2.0
/* dlopen, dlmopen and dlsym: look first, then jump on. The jump leaves the caller's return address
   in place, by which glibc finds out whose RUNPATH and whose namespace counts. */
#include "shim/loader/function_numbers.h"

.macro forward name, which, file
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        stmg    %r14, %r15, 112(%r15)
        .cfi_offset %r14, -48
        .cfi_offset %r15, -40
        aghi    %r15, -184      /* the 160 bytes that a callee saves registers in, and three words */
        .cfi_def_cfa_offset 344
        stmg    %r2, %r4, 160(%r15)
        lgr     %r4, %r14
        lghi    %r0, 0
        lgr     %r3, \file
        lghi    %r2, \which
        brasl   %r14, sealwax_before    /* (which, file, caller) */
        lgr     %r1, %r2
        lmg     %r2, %r4, 160(%r15)
        lmg     %r14, %r15, 296(%r15)
        .cfi_def_cfa_offset 160
        .cfi_restore %r14
        .cfi_restore %r15
        ltgr    %r1, %r1
        jz      1f
        br      %r1
1:      lghi    %r2, 0  /* nobody has the function: a null pointer, as itself would answer */
        br      %r14
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        forward dlopen, SEALWAX_DLOPEN, %r2
        forward dlmopen, SEALWAX_DLMOPEN, %r3
        forward dlsym, SEALWAX_DLSYM, %r0

        .section .note.GNU-stack, "", @progbits
