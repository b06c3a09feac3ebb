// aarch64. Source of the system call: syscall(2), "Architecture calling conventions".
#pragma once

#include <cstddef>

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

/// How many pages the kernel usually maps below the vdso: vvar's four (include/vdso/datapage.h).
inline constexpr std::size_t kUsualPagesBelowVdso = 4;

/// TASK_SIZE is a power of two less this many pages (asm/processor.h).
inline constexpr std::size_t kPagesAboveTask = 0;

/// What tells this thread from the others of its process.
inline unsigned long thread_pointer() {
  unsigned long pointer;
  asm volatile("mrs %0, tpidr_el0" : "=r"(pointer));
  return pointer;
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
