// SPDX-License-Identifier: Apache-2.0
// Loads libraries and, unless `load` is the argument, looks functions up; preloaded libraries stand
// in front of the functions.
#include "raw.h"

#include <dlfcn.h>
#include <link.h>

static void open_by(const char* who, void* function) {
  void* (*const open)(const char*, int) = (void* (*)(const char*, int))(uintptr_t)function;
  say(who, "\n");
  say(open("libother_answer.so", RTLD_NOW) != NULL ? "opened" : "not opened", "\n");
}

int main(int count, char** arguments) {
  (void)arguments;
  say(dlopen("libplain.so", RTLD_NOW) != NULL ? "opened" : "not opened", "\n");
  say(dlmopen(LM_ID_BASE, "libplain.so", RTLD_NOW) != NULL ? "opened" : "not opened", "\n");
  say(dlopen("there_is_no_such_library.so", RTLD_NOW) != NULL ? "opened" : dlerror(), "\n");
  if (count > 1) {
    return 0;
  }
  open_by("what dlsym finds next:", dlsym(RTLD_NEXT, "dlopen"));
  open_by("what dlsym finds first:", dlsym(RTLD_DEFAULT, "dlopen"));
  int (*const faked)(void) = (int (*)(void))(uintptr_t)dlsym(RTLD_DEFAULT, "faked");
  say("faked: ", faked == NULL ? "nobody's" : faked() == 42 ? "42" : "not 42", "\n");
  // Its answer goes by the caller: the program, not the shim, has libc behind it.
  void* (*const lookup)(void*, const char*) =
      (void* (*)(void*, const char*))(uintptr_t)dlsym(RTLD_NEXT, "dlsym");
  say("labs by the next dlsym: ", lookup(RTLD_NEXT, "labs") != NULL ? "found" : "missing", "\n");
}
