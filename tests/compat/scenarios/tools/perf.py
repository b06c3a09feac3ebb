# SPDX-License-Identifier: Apache-2.0
"""perf: where a program spends its time, by its functions' names, its libraries' included."""

import subprocess

from box import find_program

PACKAGES = ["linux-perf", "gcc"]
PROGRAMS = ["spins"]
EXPECTED = ["named: spin, memset"]
SOURCE = """
#include <string.h>
#include <time.h>
static char memory[1 << 20];
__attribute__((noinline)) unsigned spin(unsigned number) {
  for (int i = 0; i < 1000000; ++i)
    number = number * 1664525 + 1013904223;
  return number;
}
int main(void) {
  volatile unsigned kept = 0;
  for (const clock_t begin = clock(); clock() - begin < CLOCKS_PER_SEC;) {
    kept = spin(kept);
    for (int i = 0; i < 20; ++i)
      memset(memory, (int)kept, sizeof memory);
  }
  return 0;
}
"""


def run(box):
    program = str(box.folder / "spins")
    box.run(find_program("gcc"), "-O1", "-fno-builtin", "-o", program, box.write("spins.c", SOURCE))
    perf = find_program("perf")
    box.run_untold(perf, "record", "-q", "-e", "cpu-clock", "-o", "recorded", program)
    # What reads the record is not what is tried here.
    told = subprocess.run([perf, "report", "-i", box.folder / "recorded", "--stdio", "-q", "-s", "sym"],
                          capture_output=True, text=True, check=True).stdout
    box.note("named:", ", ".join(name for name in ("spin", "memset") if name in told))
