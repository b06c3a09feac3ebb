// SPDX-License-Identifier: Apache-2.0
// x86-64. Source of the system call: the psABI, A.2 "AMD64 Linux Kernel Conventions".
#pragma once

#include "model/object/tiny_object.hpp"
#include "model/range.hpp"
#include "model/slice.hpp"

#include <linux/audit.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <elf.h>

namespace sealwax::shim::arch {

inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

/// What tells this thread from the others of its process: at fs:0 the ABI keeps the thread pointer
/// itself (ELF Handling For Thread-Local Storage, 3.4.6).
inline unsigned long thread_pointer() {
  unsigned long pointer;
  asm volatile("mov %%fs:0, %0" : "=r"(pointer));
  return pointer;
}

/// A question that valgrind knows by instructions which do nothing elsewhere (valgrind.h,
/// VALGRIND_DO_CLIENT_REQUEST_EXPR). 0 is no answer.
inline unsigned long ask_valgrind(const unsigned long* request) {
  unsigned long answer = 0;
  asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
               "xchgq %%rbx, %%rbx"
               : "+d"(answer)
               : "a"(request)
               : "cc", "memory");
  return answer;
}

/// What a seccomp filter knows it by (linux/audit.h).
inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_X86_64;

/// Of its shared objects (elf.h).
inline constexpr ObjectKind kObjectKind{EM_X86_64, R_X86_64_64};

/// Calls whose arguments are not where other architectures have them (s390x.hpp).
inline constexpr bool kMapTakesBlock = false;
inline constexpr bool kCloneTakesStackFirst = false;

/// A word of the table that DT_HASH leads to (gABI, "Hash Table").
using HashWord = Elf64_Word;

/// What the loader adds to an object's PROT_EXEC.
inline int code_protection(unsigned long, Slice<const Elf64_Phdr>) {
  return 0;
}

/// How many pages the kernel usually maps below the vdso: since Linux 6.13 four of vvar and two of
/// vvar_vclock.
inline constexpr std::size_t kUsualPagesBelowVdso = 6;

/// Where the memory of a program ends whose stack ends at `stack_end`: at a power of two less one
/// page (asm/page_64_types.h, TASK_SIZE_MAX).
constexpr Address task_end(Address stack_end, PageSize page) {
  return std::bit_ceil(stack_end) - page.bytes();
}

/// What the vdso calls clock_gettime (arch/x86/entry/vdso/vdso.lds.S).
inline constexpr char kVdsoClock[] = "__vdso_clock_gettime";

/// Calls what a symbol of type IFUNC is resolved by: with nothing (glibc sysdeps/x86_64/dl-irel.h).
inline unsigned long resolve(unsigned long resolver, std::uint64_t, std::uint64_t) {
  return reinterpret_cast<unsigned long (*)()>(resolver)();
}

/// `rep movsb` is what the processor copies pages with fastest since ERMS (2012), and it needs no
/// vector register that a lazily saving kernel would have to restore.
inline void copy_forward(void* to, const void* from, unsigned long size) {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

} // namespace sealwax::shim::arch
