// SPDX-License-Identifier: Apache-2.0
// One of two libraries that are preloaded together and both stand in front of dlopen and dlsym, as
// VirtualGL's two do: it answers for a name of its own and passes all else on. NAME is which it is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

typedef void* (*dlopen_function)(const char*, int);
typedef void* (*dlsym_function)(void*, const char*);
static dlopen_function next_dlopen;
static dlsym_function next_dlsym;

#define JOINED_(one, other) one##other
#define JOINED(one, other) JOINED_(one, other)
#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)
int JOINED(opened_by_, NAME);
int JOINED(asked_by_, NAME);

static const char* whose(void) {
  return TEXT(NAME);
}

static void find_next(void) {
  // What it stands in front of cannot be asked for itself.
  if (next_dlsym == NULL)
    next_dlsym = (dlsym_function)dlvsym(RTLD_NEXT, "dlsym", SYMBOL_VERSION);
  if (next_dlopen == NULL)
    next_dlopen = (dlopen_function)next_dlsym(RTLD_NEXT, "dlopen");
}

void* dlsym(void* handle, const char* name) {
  find_next();
  if (strcmp(name, "whose_" TEXT(NAME)) == 0)
    return (void*)whose;
  return next_dlsym(handle, name);
}

void* dlopen(const char* file, int mode) {
  find_next();
  ++JOINED(opened_by_, NAME);
  return next_dlopen(file, mode);
}

#ifdef ASKS_IN_CONSTRUCTOR
// Other preloaded libraries have not been initialised by then.
__attribute__((constructor)) static void ask(void) {
  JOINED(asked_by_, NAME) =
      dlsym(RTLD_NEXT, "puts") != NULL && dlsym(RTLD_DEFAULT, "malloc") != NULL;
}
#endif
