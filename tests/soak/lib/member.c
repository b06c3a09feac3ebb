// SPDX-License-Identifier: Apache-2.0
// One library of the many: see kinds.h. KIND is its kind, as a number; BASE is what others need.
#include "../kinds.h"

#include <dlfcn.h>
#include <stddef.h>

// The program's; absent in a namespace of its own.
__attribute__((weak)) extern void soak_constructed(long number, long value);
__attribute__((weak)) extern void soak_destructed(long number, long value);

// Replaced in each copy, so read at run time.
static const volatile char name[] = "soak_000";

static long number(void) {
  return (name[5] - '0') * 100 + (name[6] - '0') * 10 + (name[7] - '0');
}

// Something for each region.
static long changing = 3;
__attribute__((visibility("hidden"))) extern long* const pointers[2];
long* const pointers[2] = {&changing, NULL};

static long own_value(long argument) {
  return number() * 1000 + *pointers[0] + argument;
}

#ifdef BASE

long soak_base(long argument);
long soak_base(long argument) {
  return own_value(argument) * 7;
}

#else

long soak_value(long argument);

#if KIND == NEEDING

extern long soak_base(long argument);
static long value(long argument) {
  return soak_base(argument) + own_value(argument);
}

#elif KIND == TLS

static __thread long mine = 5;
static long value(long argument) {
  mine += argument;
  const long seen = mine;
  mine -= argument;
  return own_value(seen);
}

#elif KIND == CHOSEN

static long first(long argument) {
  return own_value(argument) * 3;
}
__attribute__((used)) static long (*choose(void))(long) {
  return first;
}
__attribute__((visibility("hidden"))) long value(long argument) __attribute__((ifunc("choose")));

#elif KIND == LOADING

static void* other;
static long (*base)(long);
static long value(long argument) {
  return base == NULL ? -1 : base(argument) + own_value(argument);
}

#elif KIND == NAMED

// Each library of this kind has it: without a rule of its own the first one's would be called.
long soak_named(long argument);
long soak_named(long argument) {
  return own_value(argument) * 5;
}
static long value(long argument) {
  return soak_named(argument);
}

#else

static long value(long argument) {
  return own_value(argument);
}

#endif

long soak_value(long argument) {
  return value(argument);
}

__attribute__((constructor)) static void construct(void) {
#if KIND == LOADING
  other = dlopen("load_000.so", RTLD_NOW | RTLD_LOCAL);
  *(void**)&base = other == NULL ? NULL : dlsym(other, "soak_base");
#endif
  if (soak_constructed != NULL) {
    soak_constructed(number(), value(1));
  }
}

__attribute__((destructor)) static void destruct(void) {
  if (soak_destructed != NULL) {
    soak_destructed(number(), value(2));
  }
#if KIND == LOADING
  if (other != NULL) {
    dlclose(other);
  }
#endif
}

#endif
