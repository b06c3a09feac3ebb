// SPDX-License-Identifier: Apache-2.0
// ppc64el. Source of the system call: Linux, Documentation/arch/powerpc/syscall64-abi.rst.
#pragma once

#include "model/object/tiny_object.hpp"
#include "model/range.hpp"
#include "shim/kernel/arch/portable.hpp"

#include <linux/audit.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <elf.h>

namespace sealwax::shim::arch {

using portable::code_protection;
using portable::copy_forward;
using portable::HashWord;
using portable::kCloneTakesStackFirst;
using portable::kMapTakesBlock;

/// The ABI keeps it in a register (ELFv2 ABI, 2.2.1.2).
inline unsigned long thread_pointer() {
  register unsigned long r13 asm("r13");
  return r13;
}

/// An error comes as a positive number, and the summary overflow bit of CR0 says that it is one.
inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  register long r0 asm("r0") = number;
  register long r3 asm("r3") = a;
  register long r4 asm("r4") = b;
  register long r5 asm("r5") = c;
  register long r6 asm("r6") = d;
  register long r7 asm("r7") = e;
  register long r8 asm("r8") = f;
  asm volatile("sc\n\t"
               "bns+ 1f\n\t"
               "neg %1, %1\n"
               "1:"
               : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
               :
               : "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
  return r3;
}

/// A question that valgrind knows by instructions which do nothing elsewhere (valgrind.h,
/// VALGRIND_DO_CLIENT_REQUEST_EXPR). 0 is no answer.
inline unsigned long ask_valgrind(const unsigned long* request) {
  register unsigned long r3 asm("r3") = 0;
  register const unsigned long* r4 asm("r4") = request;
  asm volatile("rotldi 0, 0, 3; rotldi 0, 0, 13; rotldi 0, 0, 61; rotldi 0, 0, 51\n\t"
               "or 1, 1, 1\n\t"
               "or 2, 2, 2" // to a processor the one before is a lower priority, which this ends
               : "+r"(r3)
               : "r"(r4)
               : "cc", "memory");
  return r3;
}

inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_PPC64LE;

/// Of its shared objects (elf.h).
inline constexpr ObjectKind kObjectKind{EM_PPC64, R_PPC64_ADDR64};

/// Since Linux 6.15 vvar's four; before that two, or one without time namespaces
/// (arch/powerpc/kernel/vdso.c, include/vdso/datapage.h).
inline constexpr std::size_t kUsualPagesBelowVdso = 4;

/// With pages of 64 KiB it goes on beyond where stacks end (asm/task_size_64.h, TASK_SIZE_4PB).
constexpr Address task_end(Address stack_end, PageSize page) {
  constexpr Address kFourPetabytes = Address{1} << 52;
  return page.bytes() == 65536 ? kFourPetabytes : std::bit_ceil(stack_end);
}

/// arch/powerpc/kernel/vdso/vdso64.lds.S
inline constexpr char kVdsoClock[] = "__kernel_clock_gettime";

/// glibc sysdeps/powerpc/powerpc64/dl-irel.h
inline unsigned long resolve(unsigned long resolver, std::uint64_t hwcap, std::uint64_t) {
  return reinterpret_cast<unsigned long (*)(std::uint64_t)>(resolver)(hwcap);
}

} // namespace sealwax::shim::arch
