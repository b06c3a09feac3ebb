// SPDX-License-Identifier: Apache-2.0
/* dlopen, dlmopen and dlsym: look first, then jump on. The jump leaves the caller's return address
   in place, by which glibc finds out whose RUNPATH and whose namespace counts. */
#include "shim/entry/first_initialisers.h"
#include "shim/loader/function_numbers.h"

/* What is between them puts the arguments into registers of `function`, which says where to go on. */
.macro keep_registers
        .cfi_startproc
        addi    sp, sp, -48
        .cfi_def_cfa_offset 48
        sd      ra, 40(sp)
        .cfi_offset ra, -8
        sd      a0, 0(sp)
        sd      a1, 8(sp)
        sd      a2, 16(sp)
.endm
.macro ask function
        call    \function
        mv      t1, a0
        ld      a0, 0(sp)
        ld      a1, 8(sp)
        ld      a2, 16(sp)
        ld      ra, 40(sp)
        .cfi_restore ra
        addi    sp, sp, 48
        .cfi_def_cfa_offset 0
        beqz    t1, 1f
        jr      t1
1:      li      a0, 0   /* nobody has the function: a null pointer, as itself would answer */
        ret
        .cfi_endproc
.endm

.macro forward name, which, file
        .globl  \name
        .type   \name, @function
\name:
        keep_registers
        mv      a2, ra
        mv      a1, \file
        li      a0, \which
        ask     sealwax_before  /* (which, file, caller) */
        .size   \name, . - \name
.endm

        .text
        forward dlopen, SEALWAX_DLOPEN, a0
        forward dlmopen, SEALWAX_DLMOPEN, a1
        forward dlsym, SEALWAX_DLSYM, zero

/* What stands in an object's init_array: each goes on with the address behind itself in t0. */
        .globl  sealwax_thunks
        .hidden sealwax_thunks
        .type   sealwax_thunks, @function
        .option push
        .option norvc
        .balign 4
sealwax_thunks:
        .rept   SEALWAX_THUNKS
        jal     t0, begin_group
        .endr
        .option pop
        .size   sealwax_thunks, . - sealwax_thunks
begin_group:
        keep_registers
        addi    a0, t0, -SEALWAX_THUNK_SIZE
        ask     sealwax_begin_group

        .section .note.GNU-stack, "", @progbits
