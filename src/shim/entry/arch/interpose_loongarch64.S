// SPDX-License-Identifier: Apache-2.0
/* dlopen, dlmopen and dlsym: look first, then jump on. The jump leaves the caller's return address
   in place, by which glibc finds out whose RUNPATH and whose namespace counts. */
#include "shim/entry/first_initialisers.h"
#include "shim/loader/function_numbers.h"

/* What is between them puts the arguments into registers of `function`, which says where to go on. */
.macro keep_registers
        .cfi_startproc
        addi.d  $sp, $sp, -48
        .cfi_def_cfa_offset 48
        st.d    $ra, $sp, 40
        .cfi_offset 1, -8
        st.d    $a0, $sp, 0
        st.d    $a1, $sp, 8
        st.d    $a2, $sp, 16
.endm
.macro ask function
        bl      \function
        move    $t1, $a0
        ld.d    $a0, $sp, 0
        ld.d    $a1, $sp, 8
        ld.d    $a2, $sp, 16
        ld.d    $ra, $sp, 40
        .cfi_restore 1
        addi.d  $sp, $sp, 48
        .cfi_def_cfa_offset 0
        beqz    $t1, 1f
        jr      $t1
1:      move    $a0, $zero      /* nobody has the function: a null pointer, as itself would answer */
        jr      $ra
        .cfi_endproc
.endm

.macro forward name, which, file
        .globl  \name
        .type   \name, @function
\name:
        keep_registers
        move    $a2, $ra
        move    $a1, \file
        ori     $a0, $zero, \which
        ask     sealwax_before  /* (which, file, caller) */
        .size   \name, . - \name
.endm

        .text
        forward dlopen, SEALWAX_DLOPEN, $a0
        forward dlmopen, SEALWAX_DLMOPEN, $a1
        forward dlsym, SEALWAX_DLSYM, $zero

/* What stands in an object's init_array: each goes on with its own address in $t0. */
        .globl  sealwax_thunks
        .hidden sealwax_thunks
        .type   sealwax_thunks, @function
        .balign 8
sealwax_thunks:
        .rept   SEALWAX_THUNKS
        pcaddi  $t0, 0
        b       begin_group
        .endr
        .size   sealwax_thunks, . - sealwax_thunks
begin_group:
        keep_registers
        move    $a0, $t0
        ask     sealwax_begin_group

        .section .note.GNU-stack, "", @progbits
