// SPDX-License-Identifier: Apache-2.0
// Discarding a RELRO page would bring the file's bytes back, from before relocation. The copy in
// private memory that the shim makes answers EPERM instead.
//
// with the shim, exit 0:
//   madvise DONTNEED: EPERM, pointers as before
//   process_madvise DONTNEED: EPERM, pointers as before
//   answer 42
// without it, exit 0:
//   madvise DONTNEED: done, pointers lost
#include "objects.h"

#include <sys/mman.h>
#include <sys/uio.h>

extern const int* plain_pointer(int index);
extern int plain_answer(void);

static const int* pointers_before[2];

static bool report(const char* call, long result) {
  const bool kept =
      plain_pointer(0) == pointers_before[0] && plain_pointer(1) == pointers_before[1];
  say(call, " DONTNEED: ", answer(result), ", pointers ", kept ? "as before" : "lost", "\n");
  return kept;
}

static long process_madvise_itself(struct extent extent) {
  const struct iovec range = {(void*)extent.start, extent.end - extent.start};
  const long self = raw3(SYS_pidfd_open, raw3(SYS_getpid, 0, 0, 0), 0, 0);
  return raw_call(SYS_process_madvise, self, (long)&range, 1, MADV_DONTNEED, 0, 0);
}

int main(void) {
  const struct object plain = object_named("libplain.so");
  const struct extent relro = relro_of(&plain);
  pointers_before[0] = plain_pointer(0);
  pointers_before[1] = plain_pointer(1);

  if (!report("madvise", raw3(SYS_madvise, relro.start, relro.end - relro.start, MADV_DONTNEED)) ||
      !report("process_madvise", process_madvise_itself(relro))) {
    // Without its relocated pointers the library cannot even be closed.
    raw3(SYS_exit_group, 0, 0, 0);
  }
  say("answer ", decimal(plain_answer()), "\n");
}
