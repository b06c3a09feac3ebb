// SPDX-License-Identifier: Apache-2.0
/* A dynamic program that does the least: one line, and a status of its own. */
#include <stdio.h>

int main(void) {
  puts("hello");
  return 3;
}
