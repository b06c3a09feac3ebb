// SPDX-License-Identifier: Apache-2.0
/* Writes over its arguments and environment, as servers do that show their state in ps(1), says so,
   and ends with its standard input. */
#include <stdio.h>
#include <string.h>

extern char** environ;

int main(int count, char** arguments) {
  for (char** entry = environ; *entry != NULL; ++entry)
    memset(*entry, 0, strlen(*entry));
  for (int i = 0; i < count; ++i)
    memset(arguments[i], 'x', strlen(arguments[i]));
  puts("ready");
  fflush(stdout);
  return getchar() == EOF ? 0 : 1;
}
