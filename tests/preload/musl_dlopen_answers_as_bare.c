// SPDX-License-Identifier: Apache-2.0
// Under musl: what dlopen and dlerror say of what is there, what is not, and what has been, and
// what a program has open afterwards. A library that is opened by ever other names leaves no more
// behind than a bound.
//
// with the shim or without it, exit 0:
//   none.so: Error loading shared library none.so: No such file or directory
//   ./none.so: Error loading shared library ./none.so: No such file or directory
//   ./text: Error loading shared library ./text: Exec format error
//   nobody had asked: Error loading shared library none.so: No such file or directory
//   not loaded yet: Library libmusl_inner.so is not already loaded
//   the program itself: opened
//   an empty name: Error loading shared library : Invalid argument
//   libc: the program's own
//   libc 200 times: opened, the list has grown by less than 5
//   by 200 names: opened, the list has grown by less than 50
//   a name of 600 bytes: opened
//   the next descriptor is 3
#include "objects.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_error(const char* title) {
  const char* error = dlerror();
  printf("%s: %s\n", title, error == NULL ? "no error" : error);
}

static void try_to_open(const char* title, const char* file, int flags) {
  if (dlopen(file, flags) == NULL) {
    say_error(title);
  } else {
    printf("%s: opened\n", title);
  }
}

static int count_one(struct dl_phdr_info* info, size_t size, void* count) {
  (void)info;
  (void)size;
  ++*(int*)count;
  return 0;
}

static int objects(void) {
  int count = 0;
  dl_iterate_phdr(count_one, &count);
  return count;
}

static void open_libc_often(void) {
  const int before = objects();
  int opened = 0;
  for (int i = 0; i < 200; i++) {
    opened += dlopen("libm.so", RTLD_NOW) != NULL;
  }
  printf("libc 200 times: %s, the list has grown by %s\n", opened == 200 ? "opened" : "failed",
         objects() - before < 5 ? "less than 5" : "much");
}

static void open_by_many_names(const char* library) {
  const int before = objects();
  int opened = 0;
  for (int i = 0; i < 200; i++) {
    char name[32];
    snprintf(name, sizeof name, "./other%d.so", i);
    symlink(library, name);
    opened += dlopen(name, RTLD_NOW) != NULL;
    unlink(name);
  }
  printf("by 200 names: %s, the list has grown by %s\n", opened == 200 ? "opened" : "failed",
         objects() - before < 50 ? "less than 50" : "much");
}

static void open_by_a_long_name(const char* library) {
  char name[700] = ".";
  while (strlen(name) < 600) {
    strcat(name, "/.");
  }
  strcat(name, "/long.so");
  symlink(library, "long.so");
  try_to_open("a name of 600 bytes", name, RTLD_NOW);
  unlink("long.so");
}

int main(void) {
  char library[4096];
  snprintf(library, sizeof library, "%s/libplain.so", getenv("LD_LIBRARY_PATH"));
  *strchrnul(library, ':') = 0;
  FILE* text = fopen("text", "w");
  fputs("no object\n", text);
  fclose(text);
  try_to_open("none.so", "none.so", RTLD_NOW);
  try_to_open("./none.so", "./none.so", RTLD_LAZY | RTLD_GLOBAL);
  try_to_open("./text", "./text", RTLD_NOW);
  unlink("text");
  dlopen("none.so", RTLD_NOW);
  dlopen("libplain.so", RTLD_NOW);
  say_error("nobody had asked");
  try_to_open("not loaded yet", "libmusl_inner.so", RTLD_NOW | RTLD_NOLOAD);
  try_to_open("the program itself", NULL, RTLD_NOW);
  try_to_open("an empty name", "", RTLD_NOW);
  printf("libc: %s\n", dlsym(dlopen("libc.so", RTLD_NOW), "puts") == (void*)(uintptr_t)&puts
                           ? "the program's own"
                           : "another");
  open_libc_often();
  open_by_many_names(library);
  open_by_a_long_name(library);
  printf("the next descriptor is %d\n", open("/dev/null", O_RDONLY));
}
