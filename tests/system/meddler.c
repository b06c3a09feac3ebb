// SPDX-License-Identifier: Apache-2.0
// A service that loads a library late and runs against a seal: it asks for writable code, says what
// the kernel answered, and goes on.
#include <sys/mman.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  if (dlopen("libm.so.6", RTLD_NOW) == NULL)
    puts(dlerror());
  const uintptr_t page = (uintptr_t)&puts & ~(uintptr_t)4095;
  const int result = mprotect((void*)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  printf("libc's code writable: %s\n", result == 0 ? "done" : strerror(errno));
  fflush(stdout);
  pause();
}
