// SPDX-License-Identifier: Apache-2.0
// Prints how many of its mappings are sealed, as `grep -c '^VmFlags:.* sl' /proc/self/smaps` does.
#include <stdio.h>
#include <string.h>

int main(void) {
  char line[4096];
  int sealed = 0;
  FILE* file = fopen("/proc/self/smaps", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    sealed += strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " sl") != NULL;
  printf("%d\n", sealed);
  return 0;
}
