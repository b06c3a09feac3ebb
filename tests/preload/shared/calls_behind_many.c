// SPDX-License-Identifier: Apache-2.0
// Counts the system calls of a dlopen and the dlsym behind it, in a program with four libraries
// more than it started with, and with a hundred. Every tenth load or so maps a page more for what
// is remembered of all, so the least of a few counts is taken.
#include "copies.h"
#include "traced.h"

static int work(int count) {
  char path[32];
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "./left%d.so", i);
    copy_library("libplain.so", path);
    dlopen(path, RTLD_NOW);
    unlink(path);
  }
  dlsym(RTLD_DEFAULT, "there_is_no_such_function");
  mark_calls();
  void* library = dlopen("libcounting.so", RTLD_NOW);
  dlsym(library, "there_is_no_such_function");
  dlsym(library, "there_is_none_of_this_name_either");
  mark_calls();
  return library == NULL;
}

/// In a program of its own: a forked child does not look at what is loaded.
static size_t calls_behind(char* count) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv("/proc/self/exe", (char*[]){"calls_behind_many", count, NULL});
    _exit(1);
  }
  struct call_list made;
  list_calls(child, &made);
  return made.count;
}

static size_t least_calls_behind(int count) {
  size_t least = (size_t)-1;
  for (int more = 0; more < 3; more++) {
    const size_t calls = calls_behind((char*)(uintptr_t)decimal(count + more));
    least = calls < least ? calls : least;
  }
  return least;
}

int main(int count, char** arguments) {
  if (count > 1) {
    return work(atoi(arguments[1]));
  }
  const size_t few = least_calls_behind(4);
  const size_t many = least_calls_behind(100);
  if (few == 0 || many != few) {
    say(decimal((long)few), " calls behind 4, ", decimal((long)many), " behind 100\n");
    return 1;
  }
  say("as many calls behind 100 as behind 4\n");
}
