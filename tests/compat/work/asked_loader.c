// SPDX-License-Identifier: Apache-2.0
// What a program gets from dlopen and dlsym while two libraries stand in front of both.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

static const char* name_of(const char* name) {
  const char* (*const whose)(void) = (const char* (*)(void))dlsym(RTLD_DEFAULT, name);
  return whose == NULL ? "nobody" : whose();
}

static int count_of(const char* name) {
  const int* const count = dlsym(RTLD_DEFAULT, name);
  return count == NULL ? -1 : *count;
}

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    void* const library = dlopen(arguments[i], RTLD_NOW);
    const int* const answer = library == NULL ? NULL : dlsym(library, "answer");
    printf("%s %d\n", library == NULL ? dlerror() : "opened", answer == NULL ? 0 : *answer);
  }
  printf("faker: %s, asked for %d\n", name_of("whose_faker"), count_of("opened_by_faker"));
  printf("dlfaker: %s, asked for %d\n", name_of("whose_dlfaker"), count_of("opened_by_dlfaker"));
  printf("asked from a constructor: %d\n", count_of("asked_by_faker"));
  printf("stranger: %s\n", name_of("whose_stranger"));
  fflush(stdout);
  usleep(100000); // long enough to be looked at
}
