// SPDX-License-Identifier: Apache-2.0
// Memory that was never written to cannot be filled either, once it is protected. Any user may have
// a userfaultfd of this kind, and MADV_DONTNEED is not even needed.
//
// with the shim or without it, exit 0:
//   protecting: 0
//   filling the page that was written to: EEXIST, 's'
//   filling one that was not: EEXIST, empty
#include "raw.h"
#include "sealwax/sealwax.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char* fill(char* page) {
  const size_t size = page_size();
  const long made = raw3(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */, 0, 0);
  char* const bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(bytes, 'm', size);
  struct uffdio_api api = {.api = UFFD_API, .features = 0};
  struct uffdio_register pages = {{(uintptr_t)page, size}, UFFDIO_REGISTER_MODE_MISSING, 0};
  struct uffdio_copy copy = {(uintptr_t)page, (uintptr_t)bytes, size, 0, 0};
  raw3(SYS_ioctl, made, UFFDIO_API, &api);
  raw3(SYS_ioctl, made, UFFDIO_REGISTER, &pages);
  return answer(raw3(SYS_ioctl, made, UFFDIO_COPY, &copy));
}

int main(void) {
  const size_t page = page_size();
  char* const memory = sealwax_alloc(8 * page);
  strcpy(memory, "secret");
  printf("protecting: %d\n", sealwax_protect(memory, 8 * page));
  const char* const written = fill(memory);
  printf("filling the page that was written to: %s, '%c'\n", written, memory[0]);
  const char* const untouched = fill(memory + 3 * page);
  printf("filling one that was not: %s, %s\n", untouched,
         memory[3 * page] == 0 ? "empty" : "filled");
}
