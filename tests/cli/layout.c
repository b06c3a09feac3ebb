// SPDX-License-Identifier: Apache-2.0
/* Every kind of region, each of a size of its own, at addresses that a test can spell out (see
   layout.ld). Without libc. Seals its text and the first half of its constants, says so, and ends
   with its standard input. */
#include <elf.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

void _start(void);

/* Its versions set braces in a macro otherwise. */
/* clang-format off */
#define SEGMENT(type, flags, from, file_size, size)                                                \
  {type, flags, (from) - 0x400000, from, from, file_size, size, 0x1000}
/* clang-format on */

__attribute__((section(".headers"), used)) static const struct {
  Elf64_Ehdr file;
  Elf64_Phdr segments[6];
} headers = {
    {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = MACHINE,
        .e_version = EV_CURRENT,
        .e_entry = (Elf64_Addr)_start,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 6,
    },
    {
        SEGMENT(PT_LOAD, PF_R | PF_X, 0x400000, 0x1000, 0x1000),
        /* Between the two lies a hole without any mapping. */
        SEGMENT(PT_LOAD, PF_R, 0x402000, 0x2000, 0x2000),
        SEGMENT(PT_LOAD, 0, 0x404000, 0x4000, 0x4000),
        SEGMENT(PT_LOAD, PF_R | PF_W, 0x408000, 0x2000, 0x4000),
        SEGMENT(PT_GNU_RELRO, PF_R, 0x408000, 0x1000, 0x1000),
        SEGMENT(PT_GNU_STACK, PF_R | PF_W, 0x400000, 0, 0),
    },
};

static long call(long number, long a, long b, long c) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#endif
}

enum { MSEAL = 462 };
#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, EXIT = 60 };
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, EXIT = 93 };
#endif

static const char ready[] = "ready\n";
static char input[8192];

__attribute__((noreturn)) void _start(void) {
  if (call(MSEAL, 0x400000, 0x1000, 0) != 0 || call(MSEAL, 0x402000, 0x1000, 0) != 0)
    call(EXIT, 1, 0, 0);
  call(WRITE, 1, (long)ready, sizeof ready - 1);
  while (call(READ, 0, (long)input, sizeof input) > 0)
    ;
  for (;;)
    call(EXIT, 0, 0, 0);
}
