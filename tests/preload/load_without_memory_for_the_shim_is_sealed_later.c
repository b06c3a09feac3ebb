// SPDX-License-Identifier: Apache-2.0
// At a limit of the address space the loader finds room for a library, and what the shim wants to
// map for a table or a copy fails. The next load, with room again, has that library sealed too.
//
// with the shim, exit 0:
//   every one that could be loaded is sealed at the next load
// without it, exit 0:
//   not sealed
#include "objects.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kNotLoaded = 1, kSealed = 2, kOpen = 3, kPages = 64 };

static size_t pages_in_use(void) {
  FILE* const file = fopen("/proc/self/statm", "r");
  size_t pages = 0;
  if (file == NULL || fscanf(file, "%zu", &pages) != 1) {
    return 0;
  }
  fclose(file);
  return pages;
}

/// In a program of its own: a forked child looks at what is loaded in the load hook alone.
static int load_with_pages(size_t more) {
  struct rlimit before;
  getrlimit(RLIMIT_AS, &before);
  const struct rlimit limit = {(pages_in_use() + more) * page_size(), before.rlim_max};
  setrlimit(RLIMIT_AS, &limit);
  void* const library = dlopen("libplain.so", RTLD_NOW);
  setrlimit(RLIMIT_AS, &before);
  dlopen("libcounting.so", RTLD_NOW);
  const char* const seal = seal_of_text("libplain.so");
  return library == NULL ? kNotLoaded : strcmp(seal, "sealed") == 0 ? kSealed : kOpen;
}

static int ended_with(char* pages) {
  const pid_t child = fork();
  if (child == 0) {
    execv("/proc/self/exe", (char*[]){"load", pages, NULL});
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int count, char** arguments) {
  if (count > 1) {
    return load_with_pages((size_t)atoi(arguments[1]));
  }
  int ends[4] = {0};
  for (int pages = 0; pages < kPages; pages++) {
    const int end = ended_with((char*)decimal(pages));
    if (end < kNotLoaded || end > kOpen) {
      say("ended otherwise with ", decimal(pages), " pages\n");
    } else {
      ends[end]++;
    }
  }
  if (ends[kNotLoaded] == 0 || ends[kNotLoaded] == kPages) {
    say("the limit makes no difference\n");
  }
  if (ends[kSealed] == 0) {
    say("not sealed\n");
  } else if (ends[kOpen] != 0) {
    say(decimal(ends[kOpen]), " left open\n");
  } else {
    say("every one that could be loaded is sealed at the next load\n");
  }
}
