// SPDX-License-Identifier: Apache-2.0
// A policy of any length is read: where it is for other programs the built-in default holds, as
// where it has a mistake at its end, and what it says last holds. A program lives through all of
// them.
//
// policy:
//   sealwax-policy 1
// with the shim, exit 0:
//   for others: sealed
//   with a mistake: sealed
//   at its end for this one: open
//   ended otherwise: 0
// without it, exit 0:
//   for others: open
//   with a mistake: open
//   at its end for this one: open
//   ended otherwise: 0
#include "objects.h"
#include "start_again.h"

#include <stdio.h>
#include <stdlib.h>

enum { open_text = 10, sealed_text = 11 };

static int state_of_text(void) {
  const struct object self = object_named("main");
  return same_text(seal_of(text_of(&self)), "sealed") ? sealed_text : open_text;
}

/// Sections for other programs, until the file has `size` bytes, and the words at its end.
static void write_policy(const char* path, int size, const char* last) {
  FILE* const file = fopen(path, "w");
  fputs("sealwax-policy 1\n", file);
  for (int i = 0; ftell(file) < size; i++) {
    fprintf(file, "[program /usr/lib/package-%d/bin/daemon-*]\nseal = +data -gaps\n", i);
  }
  fputs(last, file);
  fclose(file);
}

static int otherwise;

/// What all lengths have in common, or "differs".
static const char* outcome(char* self, const char* path, const char* last) {
  static const int sizes[] = {100,   4000,  8100,  8150,  8192,   8230,   16384,
                              32768, 33000, 35000, 66000, 140000, 540000, 1000000};
  int first = 0;
  bool same = true;
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    write_policy(path, sizes[i], last);
    const int ended = start_again(self, "which");
    otherwise += ended != open_text && ended != sealed_text;
    first = first == 0 ? ended : first;
    same = same && ended == first;
  }
  return !same ? "differs" : first == sealed_text ? "sealed" : first == open_text ? "open" : "?";
}

int main(int count, char** words) {
  if (count > 1) {
    return state_of_text();
  }
  const char* const path = getenv("SEALWAX_POLICY");
  say("for others: ", outcome(words[0], path, ""), "\n");
  say("with a mistake: ", outcome(words[0], path, "[defaults]\nmode = enforce\n[nonsense]\n"),
      "\n");
  say("at its end for this one: ", outcome(words[0], path, "[program *]\nseal = none\n"), "\n");
  say("ended otherwise: ", decimal(otherwise), "\n");
}
