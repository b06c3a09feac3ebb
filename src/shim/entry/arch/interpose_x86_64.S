// SPDX-License-Identifier: Apache-2.0
/* dlopen, dlmopen and dlsym: look first, then jump on. The jump leaves the caller's return address
   in place, by which glibc finds out whose RUNPATH and whose namespace counts. */
#include "shim/loader/function_numbers.h"

.macro forward name, which, file
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        endbr64
        /* Three words and the return address: the stack is aligned to 16 bytes at the call. */
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        push    %rdx
        .cfi_adjust_cfa_offset 8
        mov     24(%rsp), %rdx
        mov     \file, %rsi
        mov     $\which, %edi
        call    sealwax_before  /* (which, file, caller) */
        pop     %rdx
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        test    %rax, %rax
        jz      1f
        jmp     *%rax
1:      ret     /* nobody has the function: a null pointer, as the function itself would answer */
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        forward dlopen, SEALWAX_DLOPEN, %rdi
        forward dlmopen, SEALWAX_DLMOPEN, %rsi
        forward dlsym, SEALWAX_DLSYM, $0

        .section .note.GNU-stack, "", @progbits

/* IBT and SHSTK. Without the note the linker drops them for the whole object, and a preloaded
   object without them switches them off for the process (x86-64 psABI, "Program Property"). */
        .section .note.gnu.property, "a", @note
        .balign 8
        .long   4, 16, 5
        .asciz  "GNU"
        .long   0xc0000002, 4, 3, 0
