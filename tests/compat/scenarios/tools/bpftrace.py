# SPDX-License-Identifier: Apache-2.0
"""bpftrace: probes in a program's own code and in libc's, each hit counted."""

import os

from box import Missing, find_library, find_program

PACKAGES = ["bpftrace"]
PROGRAMS = ["called"]
EXPECTED = ["own: 5", "libc: 5"]
SOURCE = """
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) int own(int number) { return printf("%d\\n", number); }
int main(void) {
  for (int i = 0; i < 5; ++i)
    if (own(i) < 0 || puts("next") < 0)
      return 1;
  usleep(300000); /* long enough to be looked at */
  return 0;
}
"""


def run(box):
    if os.geteuid() != 0:
        raise Missing("the rights to have probes")
    program = str(box.folder / "called")
    box.run(find_program("gcc"), "-O1", "-o", program, box.write("called.c", SOURCE))
    libc = find_library("libc.so.6")
    said = box.run_untold(
        find_program("bpftrace"), "-c", program, "-e",
        f'uprobe:{program}:own {{ @own++; }} uprobe:{libc}:puts /comm == "called"/ {{ @puts++; }} '
        'END { printf("own: %d\\nlibc: %d\\n", @own, @puts); clear(@own); clear(@puts); }')
    for line in said.splitlines():
        if line.startswith(("own: ", "libc: ")):
            box.note(line)
