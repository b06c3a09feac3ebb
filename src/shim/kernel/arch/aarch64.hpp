// SPDX-License-Identifier: Apache-2.0
// aarch64. Source of the system call: syscall(2), "Architecture calling conventions".
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
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}

/// What tells this thread from the others of its process.
inline unsigned long thread_pointer() {
  unsigned long pointer;
  asm volatile("mrs %0, tpidr_el0" : "=r"(pointer));
  return pointer;
}

/// A question that valgrind knows by instructions which do nothing elsewhere (valgrind.h,
/// VALGRIND_DO_CLIENT_REQUEST_EXPR). 0 is no answer.
inline unsigned long ask_valgrind(const unsigned long* request) {
  register unsigned long x3 asm("x3") = 0;
  register const unsigned long* x4 asm("x4") = request;
  asm volatile("ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61\n\t"
               "orr x10, x10, x10"
               : "+r"(x3)
               : "r"(x4)
               : "cc", "memory");
  return x3;
}

/// What a seccomp filter knows it by (linux/audit.h).
inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_AARCH64;

/// Of its shared objects (elf.h).
inline constexpr ObjectKind kObjectKind{EM_AARCH64, R_AARCH64_ABS64};

inline constexpr bool kMapTakesBlock = false;
inline constexpr bool kCloneTakesStackFirst = false;
using HashWord = Elf64_Word;

/// What the loader adds to an object's PROT_EXEC: PROT_BTI where the object says in its
/// PT_GNU_PROPERTY that it has landing pads (AArch64 ELF, "Program Property"; asm/mman.h).
inline int code_protection(unsigned long bias, Slice<const Elf64_Phdr> headers) {
  constexpr std::uint32_t kPtGnuProperty = 0x6474e553, kFeatures = 0xc0000000, kBti = 1;
  constexpr int kProtBti = 0x10;
  for (const Elf64_Phdr& header : headers) {
    // An Elf64_Nhdr, the name "GNU", then properties: type, size, and data padded to eight bytes.
    constexpr std::size_t kFirst = sizeof(Elf64_Nhdr) + 4;
    const auto* const words = reinterpret_cast<const std::uint32_t*>(bias + header.p_vaddr);
    if (header.p_type != kPtGnuProperty || header.p_filesz < kFirst)
      continue;
    for (std::size_t at = kFirst; at + 12 <= header.p_filesz;
         at += 8 + ((words[at / 4 + 1] + std::size_t{7}) & ~std::size_t{7}))
      if (words[at / 4] == kFeatures)
        return (words[at / 4 + 2] & kBti) != 0 ? kProtBti : 0;
  }
  return 0;
}

/// How many pages the kernel usually maps below the vdso: vvar's four (include/vdso/datapage.h).
inline constexpr std::size_t kUsualPagesBelowVdso = 4;

/// asm/processor.h, TASK_SIZE
constexpr Address task_end(Address stack_end, PageSize) {
  return std::bit_ceil(stack_end);
}

/// What the vdso calls clock_gettime (arch/arm64/kernel/vdso/vdso.lds.S).
inline constexpr char kVdsoClock[] = "__kernel_clock_gettime";

/// Calls what a symbol of type IFUNC is resolved by: with AT_HWCAP, and a second argument that says
/// AT_HWCAP2 (glibc sysdeps/aarch64/dl-irel.h; AArch64 SYSVABI, "GNU C Library IFUNC interface").
inline unsigned long resolve(unsigned long resolver, std::uint64_t hwcap, std::uint64_t hwcap2) {
  constexpr std::uint64_t kSecondArgument = std::uint64_t{1} << 62;   // _IFUNC_ARG_HWCAP
  const std::uint64_t argument[3] = {sizeof argument, hwcap, hwcap2}; // __ifunc_arg_t
  using Resolver = unsigned long (*)(std::uint64_t, const void*);
  return reinterpret_cast<Resolver>(resolver)(hwcap | kSecondArgument, argument);
}

inline void copy_forward(void* to, const void* from, unsigned long size) {
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  for (; size >= 32; size -= 32, out += 32, in += 32)
    asm volatile("ldp x9, x10, [%1]\n\t"
                 "ldp x11, x12, [%1, #16]\n\t"
                 "stp x9, x10, [%0]\n\t"
                 "stp x11, x12, [%0, #16]"
                 :
                 : "r"(out), "r"(in)
                 : "x9", "x10", "x11", "x12", "memory");
  for (; size != 0; --size)
    *out++ = *in++;
}

} // namespace sealwax::shim::arch
