// SPDX-License-Identifier: Apache-2.0
// loong64. Source of the system call: syscall(2), "Architecture calling conventions".
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

using portable::ask_valgrind;
using portable::code_protection;
using portable::copy_forward;
using portable::HashWord;
using portable::kCloneTakesStackFirst;
using portable::kMapTakesBlock;
using portable::thread_pointer;

inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  register long a5 asm("a5") = f;
  asm volatile("syscall 0"
               : "+r"(a0)
               : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
               : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "memory");
  return a0;
}

inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_LOONGARCH64;

/// Of its shared objects (elf.h).
inline constexpr ObjectKind kObjectKind{EM_LOONGARCH, R_LARCH_64};

/// arch/loongarch/kernel/vdso.c, include/vdso/datapage.h
inline constexpr std::size_t kUsualPagesBelowVdso = 4;

/// asm/processor.h, TASK_SIZE64
constexpr Address task_end(Address stack_end, PageSize) {
  return std::bit_ceil(stack_end);
}

/// arch/loongarch/vdso/vdso.lds.S
inline constexpr char kVdsoClock[] = "__vdso_clock_gettime";

/// glibc sysdeps/loongarch/dl-irel.h, sys/ifunc.h
inline unsigned long resolve(unsigned long resolver, std::uint64_t hwcap, std::uint64_t hwcap2) {
  const std::uint64_t argument[3] = {sizeof argument, hwcap, hwcap2}; // __ifunc_arg_t
  using Resolver = unsigned long (*)(std::uint64_t, const void*);
  return reinterpret_cast<Resolver>(resolver)(hwcap, argument);
}

} // namespace sealwax::shim::arch
