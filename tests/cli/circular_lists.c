// SPDX-License-Identifier: Apache-2.0
/* Tells whoever asks the loader for its objects a list that leads back into itself, in namespaces
   that do so too, and has one sealed page, so that somebody asks. Says so, and ends with its
   standard input. Linked without RELRO. */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
  struct r_debug base;
  void* next;
} lists;
static struct link_map entry;
static char name[5000];

int main(void) {
  memset(name, 'A', sizeof name - 1);
  for (ElfW(Dyn)* at = _DYNAMIC; at->d_tag != DT_NULL; ++at)
    if (at->d_tag == DT_DEBUG)
      at->d_un.d_ptr = (ElfW(Addr))(&lists);
  lists.base.r_version = 2;
  lists.base.r_map = &entry;
  lists.next = &lists;
  entry.l_next = &entry;
  entry.l_ld = _DYNAMIC;
  entry.l_name = name;
  if (syscall(462, (unsigned long)main & ~4095UL, 4096, 0) != 0) /* mseal */
    return 2;
  puts("ready");
  fflush(stdout);
  return getchar() == EOF ? 0 : 1;
}
