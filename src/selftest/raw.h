// SPDX-License-Identifier: Apache-2.0
// System calls and printing without libc: the tests look at their own memory in constructors that
// run before libc's, in programs that have no libc, and between two pages of a libc that they have
// just torn out.
#pragma once

#include <sys/syscall.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

/// The kernel's answer: negative numbers are errors.
static inline long raw_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = e;
  register long sixth __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long call __asm__("x8") = number;
  register long first __asm__("x0") = a;
  register long second __asm__("x1") = b;
  register long third __asm__("x2") = c;
  register long fourth __asm__("x3") = d;
  register long fifth __asm__("x4") = e;
  register long sixth __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(first)
                   : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "memory");
  return first;
#elif defined(__powerpc64__)
  register long call __asm__("r0") = number;
  register long first __asm__("r3") = a;
  register long second __asm__("r4") = b;
  register long third __asm__("r5") = c;
  register long fourth __asm__("r6") = d;
  register long fifth __asm__("r7") = e;
  register long sixth __asm__("r8") = f;
  // An error is a positive number beside the summary overflow bit.
  __asm__ volatile("sc\n\tbns+ 1f\n\tneg %1, %1\n1:"
                   : "+r"(call), "+r"(first), "+r"(second), "+r"(third), "+r"(fourth), "+r"(fifth),
                     "+r"(sixth)
                   :
                   : "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
  return first;
#elif defined(__s390x__)
  // Here mmap has a pointer to its arguments, and clone's first two are exchanged.
  const bool in_memory = number == SYS_mmap, exchanged = number == SYS_clone;
  const long block[] = {a, b, c, d, e, f};
  register long call __asm__("r1") = number;
  register long first __asm__("r2") = in_memory ? (long)block : exchanged ? b : a;
  register long second __asm__("r3") = exchanged ? a : b;
  register long third __asm__("r4") = c;
  register long fourth __asm__("r5") = d;
  register long fifth __asm__("r6") = e;
  register long sixth __asm__("r7") = f;
  __asm__ volatile("svc 0"
                   : "+d"(first)
                   : "d"(call), "d"(second), "d"(third), "d"(fourth), "d"(fifth), "d"(sixth)
                   : "memory", "cc");
  return first;
#elif defined(__riscv) || defined(__loongarch64)
#if defined(__riscv)
#define CALL_OF_KERNEL "ecall"
#define CALL_SPOILS "memory"
#else
#define CALL_OF_KERNEL "syscall 0"
#define CALL_SPOILS "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "memory"
#endif
  register long call __asm__("a7") = number;
  register long first __asm__("a0") = a;
  register long second __asm__("a1") = b;
  register long third __asm__("a2") = c;
  register long fourth __asm__("a3") = d;
  register long fifth __asm__("a4") = e;
  register long sixth __asm__("a5") = f;
  __asm__ volatile(CALL_OF_KERNEL
                   : "+r"(first)
                   : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                   : CALL_SPOILS);
  return first;
#else
#error "no system-call convention known for this architecture"
#endif
}

#define raw3(number, a, b, c) raw_call(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static inline size_t length_of(const char* text) {
  size_t length = 0;
  while (text[length] != 0) {
    // Keeps the compiler from making this loop a call of strlen, which may not be there.
    __asm__ volatile("");
    length++;
  }
  return length;
}

static inline bool same_text(const char* a, const char* b) {
  while (*a != 0 && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

static inline bool starts_with(const char* text, const char* start) {
  while (*start != 0 && *text == *start) {
    text++;
    start++;
  }
  return *start == 0;
}

static inline void say_all(const char* const* parts) {
  char line[1024];
  size_t used = 0;
  for (; *parts != NULL; parts++) {
    for (const char* part = *parts; *part != 0 && used < sizeof line; part++) {
      line[used++] = *part;
    }
  }
  raw3(SYS_write, 1, line, used);
}

/// Prints the parts with one write, so that lines of threads do not mix.
#define say(...) say_all((const char* const[]){__VA_ARGS__, NULL})

/// `number` in decimal, in a buffer that the next call takes again.
static inline const char* decimal(long number) {
  static char digits[24];
  char* start = digits + sizeof digits - 1;
  unsigned long rest = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
  do {
    *--start = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (number < 0) {
    *--start = '-';
  }
  return start;
}

/// What the kernel answered, in a word.
static inline const char* answer(long result) {
  static const struct {
    int number;
    const char* name;
  } names[] = {{1, "EPERM"},   {2, "ENOENT"},  {9, "EBADF"},   {12, "ENOMEM"}, {13, "EACCES"},
               {14, "EFAULT"}, {17, "EEXIST"}, {22, "EINVAL"}, {38, "ENOSYS"}};
  if (result >= 0) {
    return "done";
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (result == -names[i].number) {
      return names[i].name;
    }
  }
  return decimal(result);
}

static inline uintptr_t page_size(void) {
  extern unsigned long getauxval(unsigned long) __attribute__((weak));
  enum { at_pagesz = 6 };
  return getauxval != NULL ? getauxval(at_pagesz) : 4096;
}

static inline uintptr_t page_of(uintptr_t address) {
  return address & ~(page_size() - 1);
}

static inline uintptr_t next_page_of(uintptr_t address) {
  return page_of(address + page_size() - 1);
}
