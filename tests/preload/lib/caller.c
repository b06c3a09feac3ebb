// SPDX-License-Identifier: Apache-2.0
// A library that makes memory calls for others.
#include <sys/mman.h>

#include <stddef.h>

int protect_for(void* at, size_t size);
int protect_for(void* at, size_t size) {
  int result = mprotect(at, size, PROT_READ | PROT_WRITE | PROT_EXEC);
  // Keeps the call from being a jump, behind which this library would not be the caller.
  __asm__ volatile("" : "+r"(result));
  return result;
}
