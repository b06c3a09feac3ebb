// SPDX-License-Identifier: Apache-2.0
/* Does a little where a debugger has set its breakpoints, and ends with 7. */
#include <gnu/libc-version.h>

#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) static int tripled(int number) {
  return 3 * number;
}

int main(void) {
  int sum = 0;
  for (int i = 0; i < 3; i++)
    sum += tripled(i);
  usleep(200000);
  return printf("sum %d, libc %c\n", sum, gnu_get_libc_version()[0]) == 14 ? 7 : 1;
}
