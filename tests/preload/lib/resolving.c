// SPDX-License-Identifier: Apache-2.0
// A library that looks a name up while the loader is relocating it: in an indirect function's
// resolver.
#include <dlfcn.h>

static int answer(void) {
  return 42;
}

__attribute__((used)) static int (*resolve(void))(void) {
  (void)dlsym(RTLD_DEFAULT, "nobody has this");
  return answer;
}

static int indirect(void) __attribute__((ifunc("resolve")));

int resolving_answer(void);
int resolving_answer(void) {
  return indirect();
}
