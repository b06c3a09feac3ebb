// SPDX-License-Identifier: Apache-2.0
// Makes a call that a seal refuses, puts a filter on itself by the rules in the arguments, and
// makes another such call. After `in a thread` it is a thread that does the rest, and has the
// filter alone.
#include "filter.h"
#include "names.h"
#include "pages.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <pthread.h>
#include <unistd.h>

static __attribute__((noinline)) void call_before(void) {
  long result = mprotect((void*)(uintptr_t)pages_in("text"), page_size(), PROT_READ | PROT_EXEC);
  stay(result);
  say("before: ", libc_answer(result), "\n");
}

static __attribute__((noinline)) void call_after(const char* where) {
  long result = mprotect((void*)(uintptr_t)pages_in("text"), page_size(), PROT_READ | PROT_EXEC);
  stay(result);
  say(where, ": ", libc_answer(result), "\n");
}

static void* filter_and_call(void* rules) {
  struct filter filter = new_filter();
  for (char** rule = rules; *rule != NULL; rule++) {
    if (!add_rule(&filter, *rule)) {
      say("no such rule: ", *rule, "\n");
      return NULL;
    }
  }
  if (!install(&filter)) {
    say("cannot install that\n");
    return NULL;
  }
  call_after("after");
  return NULL;
}

static void call_in_child(void) {
  const pid_t child = fork();
  if (child == 0) {
    call_after("in a child");
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  say(status == 0 ? "the child has ended\n" : "the child was ended\n");
}

int main(int count, char** words) {
  let("text", (uintptr_t)pages_in("text"));
  let("page", page_size());
  call_before();
  if (count > 1 && same_text(words[1], "in a thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, filter_and_call, words + 2);
    pthread_join(thread, NULL);
    call_after("beside");
  } else {
    filter_and_call(words + 1);
  }
  call_in_child();
}
