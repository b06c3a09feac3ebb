// SPDX-License-Identifier: Apache-2.0
// With data and stack sealed too, neither can be made executable or replaced.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   seal = +data +stack
// with the shim, exit 0:
//   data executable: EPERM
//   data replaced: EPERM, holds 7
//   stack executable: EPERM
// without it, exit 0:
//   data executable: done
//   data replaced: done, holds 0
//   stack executable: done
#include "attack.h"

static _Alignas(65536) volatile int data[16384] = {7};

int main(void) {
  const volatile int on_stack = 0;
  const int everything = PROT_READ | PROT_WRITE | PROT_EXEC;
  say("data executable: ", answer(raw3(SYS_mprotect, data, sizeof data, everything)), "\n");
  const long replaced = raw_call(SYS_mmap, (long)data, sizeof data, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  say("data replaced: ", answer(replaced), ", holds ", decimal(data[0]), "\n");
  const uintptr_t page = page_of((uintptr_t)&on_stack);
  say("stack executable: ", answer(raw3(SYS_mprotect, page, page_size(), everything)), "\n");
}
