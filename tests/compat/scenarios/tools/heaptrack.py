# SPDX-License-Identifier: Apache-2.0
"""heaptrack: what a program allocates, and where, from its start."""

import re
import subprocess

from box import find_program

PACKAGES = ["heaptrack"]
PROGRAMS = ["allocates"]
EXPECTED = ["from the start: 1000 of allocate"]
SOURCE = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) void* allocate(int size) { return malloc(size); }
int main(void) {
  for (int i = 0; i < 1000; ++i) {
    void* volatile memory = allocate(100 + i);
    free(memory);
  }
  usleep(300000); /* long enough to be looked at */
  return puts("worked") < 0;
}
"""


def run(box):
    program = str(box.folder / "allocates")
    box.run(find_program("gcc"), "-g", "-O1", "-o", program, box.write("allocates.c", SOURCE))
    box.run_untold(find_program("heaptrack"), "-o", "recorded", program)
    recorded, = box.folder.glob("recorded.*")
    # What reads the record is not what is tried here.
    told = subprocess.run([find_program("heaptrack_print"), recorded], capture_output=True, text=True, check=True,
                          cwd=box.folder).stdout
    calls = re.search(r"^(\d+) calls to allocation functions.*?from\n\s*allocate$", told, re.M | re.S)
    box.note("from the start:", calls and calls[1], "of allocate")
