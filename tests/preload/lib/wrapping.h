// SPDX-License-Identifier: Apache-2.0
// Says which function of which wrapper was reached, and for whom.
#pragma once

#include "raw.h"

#include <dlfcn.h>
#include <link.h>

static inline const char* file_of(const void* at) {
  Dl_info info;
  if (dladdr(at, &info) == 0)
    return "nobody";
  const char* file = info.dli_fname;
  for (const char* c = file; *c != '\0'; ++c)
    file = *c == '/' ? c + 1 : file;
  return file;
}

#define say_reached(what) say(WRAPPER ": " what " for ", file_of(__builtin_return_address(0)), "\n")
