// SPDX-License-Identifier: Apache-2.0
/* At each line of input: makes memory of its own writable, changes nothing, and tells what came of
   it. Static and dynamic. Ends with its input, with status 3. */
#include <sys/mman.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void (*function)(void);
static void do_nothing(void) {}
/* Relocated where the program is position-independent, and so in RELRO. */
__attribute__((used)) static const function table[1024] = {do_nothing};
__attribute__((used)) static const char text[8192] = "constant";

static void open_up(const char* what, const void* at) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  void* begin = (void*)(((uintptr_t)at + page - 1) & ~(page - 1));
  errno = 0;
  mprotect(begin, page, PROT_READ | PROT_WRITE | PROT_EXEC);
  printf("%s: %s\n", what, errno == 0 ? "opened" : strerror(errno));
}

int main(void) {
  char line[64];
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready %d\n", (int)getppid());
  while (fgets(line, sizeof line, stdin) != NULL) {
    open_up("rodata", text);
    open_up("relro", table);
    puts("done");
  }
  table[0]();
  return 3;
}
