// SPDX-License-Identifier: Apache-2.0
// By what the program tells its tracer where it is: closing a descriptor that nobody has.
#pragma once

enum {
  mark_of_main = -4242,     // what starts it is behind it
  mark_of_own_call = -4244, // the next call of the library's is the one that the program asked for
  mark_of_looking = -4243,  // from here on it looks at itself, and nothing is to fail any more
};
