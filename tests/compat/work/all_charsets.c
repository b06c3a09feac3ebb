// SPDX-License-Identifier: Apache-2.0
// Converts a text from every character set that it is given by name to UTF-8 and back, pass after
// pass; waits for a line before the first, and says after each how many of them there are and what
// came out of all, then waits again.
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long sum;

static void add(const char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i)
    sum = (sum ^ (unsigned char)bytes[i]) * 0x100000001b3ULL;
}

static int convert(const char* to, const char* from) {
  const iconv_t how = iconv_open(to, from);
  if (how == (iconv_t)-1)
    return 0;
  char text[] = "Wax seals 1234, \x41\x42\x43";
  char room[256];
  char* in = text;
  char* out = room;
  size_t left = sizeof text - 1, space = sizeof room;
  iconv(how, &in, &left, &out, &space);
  add(room, (size_t)(out - room));
  iconv_close(how);
  return 1;
}

static void stop(void) {
  fflush(stdout);
  getchar();
}

int main(int count, char** arguments) {
  puts("ready");
  stop();
  for (int pass = 0; pass < atoi(arguments[1]); ++pass) {
    int known = 0;
    sum = 0xcbf29ce484222325ULL;
    for (int i = 2; i < count; ++i)
      known += convert("UTF-8", arguments[i]) + convert(arguments[i], "UTF-8");
    printf("%d conversions, sum %llx\n", known, sum);
    stop();
  }
}
