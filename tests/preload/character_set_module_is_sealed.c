// SPDX-License-Identifier: Apache-2.0
// iconv's converters are loaded by libc itself; so is libgcc_s, for the first backtrace.
//
// with the shim, exit 0:
//   converted 5 bytes
//   UTF-7.so: sealed
//   libgcc_s.so.1: sealed
// without it, exit 0:
//   converted 5 bytes
//   UTF-7.so: open
//   libgcc_s.so.1: open
#include "objects.h"

#include <execinfo.h>
#include <iconv.h>

int main(void) {
  char text[] = "\xc3\xa9";
  char converted[16];
  char* from = text;
  char* to = converted;
  size_t left = sizeof text - 1;
  size_t room = sizeof converted;
  const iconv_t converter = iconv_open("UTF-7", "UTF-8");
  if (converter == (iconv_t)-1 || iconv(converter, &from, &left, &to, &room) != 0) {
    return 1;
  }
  iconv(converter, NULL, NULL, &to, &room);
  say("converted ", decimal((long)(sizeof converted - room)), " bytes\n");
  say_seals_of("UTF-7.so");

  void* frames[4];
  backtrace(frames, 4);
  say_seals_of("libgcc_s.so.1");
}
