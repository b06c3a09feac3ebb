// SPDX-License-Identifier: Apache-2.0
// The first instruction: the stack as the kernel leaves it (psABI, 3.4.1) is what everything is in. Its
// limit may leave it less than this program takes.
        .globl _start
        .type _start, @function
_start:
        endbr64
        xor %ebp, %ebp
        mov %rsp, %rdi
        lea start_stack_end(%rip), %rsp
        call sealwax_start_main
        hlt
        .size _start, . - _start

// A process in the caller's memory, on a stack of its own, that calls a function with an argument
// and does not return: sealwax_start_clone(flags, stack, function, argument). Answers as clone(2).
        .globl sealwax_start_clone
        .type sealwax_start_clone, @function
sealwax_start_clone:
        push %r13
        mov %rdx, %r9
        mov %rcx, %r13
        xor %edx, %edx
        xor %r10d, %r10d
        xor %r8d, %r8d
        mov $56, %eax
        syscall
        test %rax, %rax
        jz 1f
        pop %r13
        ret
1:      xor %ebp, %ebp
        mov %r13, %rdi
        call *%r9
        hlt
        .size sealwax_start_clone, . - sealwax_start_clone
        .section .bss.start_stack, "aw", @nobits
        .balign 16
        .skip 131072
start_stack_end:
        .section .note.GNU-stack, "", @progbits
