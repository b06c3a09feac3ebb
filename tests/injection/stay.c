// SPDX-License-Identifier: Apache-2.0
/* Works a little, tells with what it was started, and ends with 3 when its input does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int initialised;
__attribute__((constructor)) static void note(int count, char** arguments, char** environment) {
  initialised = count == 2 && strcmp(arguments[1], "argument") == 0 && environment != NULL;
}

int main(int count, char** arguments) {
  char* const text = malloc(100000);
  memset(text, 'x', 99999);
  text[99999] = 0;
  printf("%d %s %zu\n", initialised, arguments[count - 1], strlen(text));
  fflush(stdout);
  while (getchar() != EOF)
    ;
  return 3;
}
