// SPDX-License-Identifier: Apache-2.0
// A daemon that keeps its access list sealed: an example of sealwax/sealwax.h.
//
//     acl_daemon [--unsealed] NAME...
//
// It reads the list once, from its arguments, and then answers requests from its standard input, as
// inetd would start it: one name a line. The request `attack NAME` stands for a hole in it that
// lets its client make system calls and write where that is possible.
#define _GNU_SOURCE
#include "sealwax/sealwax.h"

#include <sys/mman.h>

#include <stdio.h>

enum { most_names = 16, longest_name = 32 };

static SEALWAX_RO_AFTER_INIT struct {
  char names[most_names][longest_name];
  int count;
} acl;

static SEALWAX_MUTABLE unsigned long requests; // changes as long as the daemon runs

static bool may_enter(const char* name) {
  for (int i = 0; i < acl.count; i++) {
    if (strcmp(acl.names[i], name) == 0) {
      return true;
    }
  }
  return false;
}

static bool add_name(const char* name) {
  if (acl.count == most_names || strlen(name) >= longest_name) {
    return false;
  }
  strcpy(acl.names[acl.count++], name);
  return true;
}

static bool read_acl(char** names) {
  for (; *names != NULL; names++) {
    if (!add_name(*names)) {
      fprintf(stderr, "acl_daemon: no room for '%s' in the access list\n", *names);
      return false;
    }
  }
  return true;
}

static bool seal_acl(void) {
  const int error = sealwax_seal_after_init();
  if (error == ENOSYS) {
    fprintf(stderr, "acl_daemon: this kernel has no mseal; the access list is read-only only\n");
    return true;
  }
  if (error != 0) {
    fprintf(stderr, "acl_daemon: the access list cannot be sealed: %s\n", strerror(error));
  }
  return error == 0;
}

static void tell(const char* what, bool done) {
  printf("attack: %s: %s\n", what, done ? "done" : strerror(errno));
}

static void attack(const char* name) {
  const size_t page = (size_t)getauxval(AT_PAGESZ);
  char* const pages = (char*)((uintptr_t)&acl & ~(page - 1));
  tell("madvise(MADV_DONTNEED) on the list", madvise(pages, page, MADV_DONTNEED) == 0);
  const bool writable = mprotect(pages, page, PROT_READ | PROT_WRITE) == 0;
  tell("mprotect, to write to it", writable);
  if (writable) {
    (void)add_name(name);
    return;
  }
  tell("mmap, to put another in its place",
       mmap(pages, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
           pages);
}

static void serve(char* request) {
  static const char word[] = "attack ";
  requests++;
  request[strcspn(request, "\n")] = '\0';
  if (strncmp(request, word, sizeof word - 1) == 0) {
    attack(request + sizeof word - 1);
  } else {
    printf("%s: %s\n", request, may_enter(request) ? "allowed" : "denied");
  }
  fflush(stdout);
}

int main(int count, char** words) {
  const bool sealed = count < 2 || strcmp(words[1], "--unsealed") != 0;
  if (!read_acl(words + (count > 1) + !sealed) || (sealed && !seal_acl())) {
    return 1;
  }
  char request[100];
  while (fgets(request, sizeof request, stdin) != NULL) {
    serve(request);
  }
  printf("%lu requests\n", requests);
}
