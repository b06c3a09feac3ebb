// SPDX-License-Identifier: Apache-2.0
// Forty libraries that do not call the load hook, opened by libc's own dlopen, which a program can
// find by its version: more load groups than one look has room for. The next load finds them all.
//
// with the shim, exit 0:
//   40 came unseen, 40 of them are sealed at the next load
// without it, exit 0:
//   40 came unseen, 0 of them are sealed at the next load
#include "copies.h"
#include "objects.h"

#include <string.h>

enum { kCount = 40 };

static void* (*libcs_dlopen(void))(const char*, int) {
  static const char* const versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
  void* found = NULL;
  for (int i = 0; i < 3 && found == NULL; i++) {
    found = dlvsym(RTLD_DEFAULT, "dlopen", versions[i]);
  }
  return (void* (*)(const char*, int))(uintptr_t)found;
}

int main(void) {
  void* (*const open_unseen)(const char*, int) = libcs_dlopen();
  char name[32];
  int opened = 0, sealed = 0;
  for (int i = 0; i < kCount; i++) {
    snprintf(name, sizeof name, "./unseen%d.so", i);
    copy_library("libhookless.so", name);
    opened += open_unseen(name, RTLD_NOW) != NULL;
    unlink(name);
  }
  for (int i = 0; i < kCount; i++) {
    snprintf(name, sizeof name, "unseen%d.so", i);
    sealed += strcmp(seal_of_text(name), "open") != 0;
  }
  if (sealed != 0) {
    say("they were seen\n");
  }
  dlopen("libplain.so", RTLD_NOW);
  sealed = 0;
  for (int i = 0; i < kCount; i++) {
    snprintf(name, sizeof name, "unseen%d.so", i);
    sealed += strcmp(seal_of_text(name), "sealed") == 0;
  }
  say(decimal(opened), " came unseen, ");
  say(decimal(sealed), " of them are sealed at the next load\n");
}
