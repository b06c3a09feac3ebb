// SPDX-License-Identifier: Apache-2.0
// The vdso is code that every program calls for the time. Map a forged copy over it; unmap it; move
// it away.
//
// with the shim, exit 0:
//   mapping over it: EPERM, its bytes as they were
//   moving it away: EPERM, it is where it was
//   unmapping it: EPERM, it is where it was
// without it, exit 0:
//   mapping over it: done, its bytes forged
//   moving it away: done, it is gone
//   unmapping it: done, it is gone
#include "attack.h"

#include <sys/wait.h>

#include <unistd.h>

static struct extent vdso;

static size_t size_of_vdso(void) {
  return vdso.end - vdso.start;
}

static const char* where_it_is(void) {
  struct mapping found;
  return mapping_at((const void*)vdso.start, &found) && same_text(found.name, "[vdso]")
             ? "it is where it was"
             : "it is gone";
}

static void map_over(void) {
  // In the padding behind e_ident, which nobody reads.
  enum { padding = 12 };
  char* copy = copy_of_pages(vdso);
  copy[padding] = 'W';
  const long result = put_in_place(copy, vdso);
  say("mapping over it: ", answer(result), ", its bytes ",
      ((const char*)vdso.start)[padding] == 'W' ? "forged" : "as they were", "\n");
}

static void move_away(void) {
  char* elsewhere = copy_of_pages(vdso);
  const long result =
      raw_call(SYS_mremap, (long)vdso.start, (long)size_of_vdso(), (long)size_of_vdso(),
               MREMAP_MAYMOVE | MREMAP_FIXED, (long)elsewhere, 0);
  say("moving it away: ", answer(result), ", ", where_it_is(), "\n");
}

static void unmap(void) {
  const long result = raw3(SYS_munmap, vdso.start, size_of_vdso(), 0);
  say("unmapping it: ", answer(result), ", ", where_it_is(), "\n");
}

static void attempt(void (*attack)(void)) {
  if (fork() == 0) {
    attack();
    raw3(SYS_exit_group, 0, 0, 0);
  }
  int status;
  wait(&status);
}

int main(void) {
  struct mapping found;
  if (!mapping_at((const void*)getauxval(AT_SYSINFO_EHDR), &found)) {
    return 1;
  }
  vdso = (struct extent){found.start, found.end};
  attempt(map_over);
  attempt(move_away);
  attempt(unmap);
}
