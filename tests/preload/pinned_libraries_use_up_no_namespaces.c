// SPDX-License-Identifier: Apache-2.0
// glibc has room for sixteen namespaces. A library that dlmopen puts into one of its own is sealed
// and not kept, even where late libraries are pinned, so that the namespace is free again when it
// is closed. Nor is one asked for that another thread has closed meanwhile: glibc's dlmopen into an
// empty namespace ends with the loader's lock held.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   dlopen = pin
// with the shim, exit 0:
//   40 namespaces one after the other, the first library in one: sealed
// without it, exit 0:
//   40 namespaces one after the other, the first library in one: open
#include "objects.h"

#include <dlfcn.h>

enum { namespaces = 40 };

/// A load in the program's own namespace finds it.
static const char* visit_one(void) {
  void* const library = dlmopen(LM_ID_NEWLM, "libplain.so", RTLD_NOW);
  void* const other = dlopen("libother_answer.so", RTLD_NOW);
  if (library == NULL || other == NULL) {
    return NULL;
  }
  const char* const seal = seal_of(dlsym(library, "plain_answer"));
  dlclose(library);
  dlclose(other);
  return seal;
}

int main(void) {
  const char* const seal = visit_one();
  for (int i = 1; i < namespaces; i++) {
    if (visit_one() == NULL) {
      say("namespace ", decimal(i), ": ", dlerror(), "\n");
      return 1;
    }
  }
  say("40 namespaces one after the other, the first library in one: ", seal, "\n");
}
