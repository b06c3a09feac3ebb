/* Without libc, laid out by layout.ld. Seals its text and the first half of its constants, says so,
   and ends with its standard input. */

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
