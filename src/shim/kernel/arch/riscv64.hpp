// SPDX-License-Identifier: Apache-2.0
// riscv64. Source of the system call: syscall(2), "Architecture calling conventions".
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
  asm volatile("ecall"
               : "+r"(a0)
               : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
               : "memory");
  return a0;
}

inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_RISCV64;

/// Of its shared objects (elf.h).
inline constexpr ObjectKind kObjectKind{EM_RISCV, R_RISCV_64};

/// arch/riscv/kernel/vdso.c, include/vdso/datapage.h
inline constexpr std::size_t kUsualPagesBelowVdso = 4;

/// asm/pgtable.h, TASK_SIZE. With five levels of page tables there is more beyond where stacks end.
constexpr Address task_end(Address stack_end, PageSize) {
  return std::bit_ceil(stack_end);
}

/// arch/riscv/kernel/vdso/vdso.lds.S
inline constexpr char kVdsoClock[] = "__vdso_clock_gettime";

/// riscv_hwprobe(2) as resolvers are given it: an error is positive (glibc sys/hwprobe.h).
inline int probe_hardware(void* pairs, std::size_t count, std::size_t processors,
                          unsigned long* which, unsigned flags) {
  constexpr long kHwprobe = 258; // Linux 6.4
  const long answer =
      system_call(kHwprobe, reinterpret_cast<long>(pairs), static_cast<long>(count),
                  static_cast<long>(processors), reinterpret_cast<long>(which), flags);
  return static_cast<int>(-answer);
}

/// glibc sysdeps/riscv/dl-irel.h
inline unsigned long resolve(unsigned long resolver, std::uint64_t hwcap, std::uint64_t) {
  using Probe = int (*)(void*, std::size_t, std::size_t, unsigned long*, unsigned);
  using Resolver = unsigned long (*)(std::uint64_t, Probe, const void*);
  return reinterpret_cast<Resolver>(resolver)(hwcap, probe_hardware, nullptr);
}

} // namespace sealwax::shim::arch
