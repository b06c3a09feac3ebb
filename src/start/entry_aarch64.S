// SPDX-License-Identifier: Apache-2.0
// The first instruction: the stack as the kernel leaves it is what everything is in. Its limit may leave
// it less than this program takes.
        .globl _start
        .type _start, %function
_start:
        mov x29, #0
        mov x30, #0
        mov x0, sp
        adrp x1, start_stack_end
        add x1, x1, :lo12:start_stack_end
        mov sp, x1
        bl sealwax_start_main
        brk #1
        .size _start, . - _start

// A process in the caller's memory, on a stack of its own, that calls a function with an argument
// and does not return: sealwax_start_clone(flags, stack, function, argument). Answers as clone(2).
        .globl sealwax_start_clone
        .type sealwax_start_clone, %function
sealwax_start_clone:
        mov x9, x2
        mov x10, x3
        mov x2, #0
        mov x3, #0
        mov x4, #0
        mov x8, #220
        svc #0
        cbz x0, 1f
        ret
1:      mov x29, #0
        mov x30, #0
        mov x0, x10
        blr x9
        brk #1
        .size sealwax_start_clone, . - sealwax_start_clone
        .section .bss.start_stack, "aw", %nobits
        .balign 16
        .skip 131072
start_stack_end:
        .section .note.GNU-stack, "", %progbits
