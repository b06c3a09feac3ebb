// SPDX-License-Identifier: Apache-2.0
// s390x. Source of the system call: syscall(2), "Architecture calling conventions".
#pragma once

#include "model/object/tiny_object.hpp"
#include "model/range.hpp"
#include "shim/kernel/arch/portable.hpp"

#include <linux/audit.h>

#include <cstddef>
#include <cstdint>
#include <elf.h>

namespace sealwax::shim::arch {

using portable::code_protection;
using portable::copy_forward;
using portable::thread_pointer;

inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  register long r1 asm("r1") = number;
  register long r2 asm("r2") = a;
  register long r3 asm("r3") = b;
  register long r4 asm("r4") = c;
  register long r5 asm("r5") = d;
  register long r6 asm("r6") = e;
  register long r7 asm("r7") = f;
  asm volatile("svc 0"
               : "+d"(r2)
               : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
               : "memory", "cc");
  return r2;
}

/// A question that valgrind knows by instructions which do nothing elsewhere (valgrind.h,
/// VALGRIND_DO_CLIENT_REQUEST_EXPR). 0 is no answer.
inline unsigned long ask_valgrind(const unsigned long* request) {
  register const unsigned long* r2 asm("r2") = request;
  register unsigned long r3 asm("r3") = 0;
  asm volatile("lr 15, 15; lr 1, 1; lr 2, 2; lr 3, 3\n\t"
               "lr 2, 2"
               : "+d"(r3)
               : "d"(r2)
               : "cc", "memory");
  return r3;
}

inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_S390X;

/// Of its shared objects (elf.h).
inline constexpr ObjectKind kObjectKind{EM_S390, R_390_64};

/// mmap(2) has a pointer to its six arguments (arch/s390/kernel/syscall.c, old_mmap), where no
/// filter sees them; clone(2) has its first two exchanged (CLONE_BACKWARDS2).
inline constexpr bool kMapTakesBlock = true;
inline constexpr bool kCloneTakesStackFirst = true;

/// sysdeps/s390/s390-64/bits/elfclass.h of glibc
using HashWord = std::uint64_t;

/// arch/s390/kernel/vdso.c, include/vdso/datapage.h
inline constexpr std::size_t kUsualPagesBelowVdso = 4;

/// Beyond where stacks end there is more, all but the last page of what a word can address
/// (asm/processor.h, TASK_SIZE).
constexpr Address task_end(Address, PageSize page) {
  return Address{0} - page.bytes();
}

/// arch/s390/kernel/vdso64/vdso64.lds.S
inline constexpr char kVdsoClock[] = "__kernel_clock_gettime";

/// glibc sysdeps/s390/dl-irel.h
inline unsigned long resolve(unsigned long resolver, std::uint64_t hwcap, std::uint64_t) {
  return reinterpret_cast<unsigned long (*)(std::uint64_t)>(resolver)(hwcap);
}

} // namespace sealwax::shim::arch
