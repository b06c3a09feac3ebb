// SPDX-License-Identifier: Apache-2.0
// Which libraries there are: three hundred files, each of one of the kinds that meson.build makes,
// in turn. A copy has its own number where the original has `000`: in its value, in the names of
// what it needs and of what it loads by itself.
#pragma once

#include <stdbool.h>

enum kind {
  plain,
  needing_by_rpath,   // needs a library that DT_RPATH leads to
  needing_by_runpath, // the same by DT_RUNPATH
  tls,                // its value comes out of a variable of the thread's
  chosen,             // an IFUNC
  loading,            // its constructor loads a library that its own DT_RUNPATH leads to
  staying,            // DF_1_NODELETE
  symbolic,           // -Bsymbolic: calls its own function by a name that others have too
  deep,               // the same by RTLD_DEEPBIND
  hookless,           // without crti.o's _init, so without the load hook
  gaps,               // segments that lie pages apart
  kinds
};

enum { libraries = 300, threads = 8 };

static inline enum kind kind_of(int number) {
  return (enum kind)(number % kinds);
}

/// The thread that alone opens it, so that what its constructors count is the same in each run;
/// `threads`: all of them open it.
static inline int owner_of(int number) {
  return number / kinds % (threads + 1);
}

/// What the C library has no means for.
static inline bool can_be_loaded(enum kind kind) {
#ifdef __GLIBC__
  (void)kind;
  return true;
#else
  // musl has no IFUNC, no RTLD_DEEPBIND, and goes by the program's DT_RUNPATH where a library's
  // constructor loads.
  return kind != chosen && kind != deep && kind != loading;
#endif
}
