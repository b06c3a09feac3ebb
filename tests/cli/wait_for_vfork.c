// SPDX-License-Identifier: Apache-2.0
/* Waits three seconds for the end of a vfork's child, which nothing can interrupt. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  puts("ready");
  fflush(stdout);
  if (vfork() == 0) {
    nanosleep(&(struct timespec){3, 0}, NULL);
    _exit(0);
  }
  puts("gone on");
  return 0;
}
