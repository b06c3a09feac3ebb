# SPDX-License-Identifier: Apache-2.0
"""ltrace: the calls that a program makes into its libraries, by breakpoints in its table of calls."""

from box import find_program

PACKAGES = ["ltrace"]
PROGRAMS = ["called"]
EXPECTED = ['called->puts("the answer is 42") = 17']
PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
  char text[40];
  snprintf(text, sizeof text, "the answer is %ld", strtol("42", NULL, 10));
  usleep(300000); /* long enough to be looked at */
  return puts(text) < 0;
}
"""


def run(box):
    program = str(box.folder / "called")
    # Lazily bound, as ltrace wants it; and no fortified functions of other names.
    box.run(find_program("gcc"), "-O1", "-U_FORTIFY_SOURCE", "-Wl,-z,lazy", "-no-pie", "-o", program,
            box.write("called.c", PROGRAM))
    box.run(find_program("ltrace"), "-a", "0", "-e", "strtol+puts", "-o", "trace", program)
    for line in (box.folder / "trace").read_text().splitlines():
        box.note(" ".join(line.split()))
