// SPDX-License-Identifier: Apache-2.0
// A library that looks functions up before any constructor has run, from the resolver of a function
// of its own, and whose own constructor comes before the shim's: it is the last INITFIRST library,
// and without crti.o it does not call the load hook.
#include "wrapping.h"

static void* (*dlopen_of_constructor)(const char*, int);
static void* labs_of_resolver;

// A pointer in data is relocated before what is called, so the resolver can use it.
static void* (*volatile lookup)(void*, const char*) = dlsym;

static int answer_42(void) {
  return 42;
}

// Clang sees no use in the attribute that names it.
__attribute__((used)) static int (*choose(void))(void) {
  labs_of_resolver = lookup(RTLD_DEFAULT, "labs");
  return answer_42;
}

int early_answer(void) __attribute__((ifunc("choose")));

__attribute__((constructor)) static void construct(void) {
  dlopen_of_constructor = (void* (*)(const char*, int))(uintptr_t)dlsym(RTLD_DEFAULT, "dlopen");
  say("resolver: labs ", labs_of_resolver != NULL ? "found" : "missing", "\n");
  say(dlopen_of_constructor("libplain.so", RTLD_NOW) != NULL ? "opened" : "not opened", "\n");
  say("early answer: ", early_answer() == 42 ? "42" : "not 42", "\n");
}
