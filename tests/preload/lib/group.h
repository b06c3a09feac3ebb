// SPDX-License-Identifier: Apache-2.0
// How the three libraries of the load group are sealed, in one line.
#pragma once

#include "objects.h"

static inline void say_group(const char* when) {
  say(when, ": base ", seal_of_text("libgroup_loud_base.so"), ", middle ",
      seal_of_text("libgroup_loud_middle.so"), ", top ", seal_of_text("libgroup_loud_top.so"),
      "\n");
}
