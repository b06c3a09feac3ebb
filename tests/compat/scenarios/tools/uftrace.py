# SPDX-License-Identifier: Apache-2.0
"""uftrace: the calls of a program, by hooks that were compiled in and by its table of calls."""

from box import find_program

PACKAGES = ["uftrace"]
PROGRAMS = ["uftrace"]
# It writes where the default seals, so it needs this there as well.
EXCEPTIONS = DEFAULT_EXCEPTIONS = ["uftrace"]
PROGRAM = "called"
TOLD = {"observe": ["called would-refuse relro"]}
EXPECTED = ["called 42", "twice() 2", "main() 1", "puts() 1"]
SOURCE = """
#include <stdio.h>
__attribute__((noinline)) int twice(int number) { return 2 * number; }
int main(void) {
  char text[40];
  snprintf(text, sizeof text, "called %d", twice(10) + twice(11));
  return puts(text) < 0;
}
"""


def run(box):
    program = str(box.folder / "called")
    box.run(find_program("gcc"), "-O1", "-U_FORTIFY_SOURCE", "-fno-inline", "-finstrument-functions", "-o", program,
            box.write("called.c", SOURCE))
    uftrace = find_program("uftrace")
    box.run(uftrace, "record", "-d", "recorded", program)
    calls = {}
    for line in box.run_untold(uftrace, "replay", "-d", "recorded", "-f", "none").splitlines():
        name = line.strip().rstrip("{;").strip().partition("(")[0]
        if name and name[0] not in "}#/":
            calls[name] = calls.get(name, 0) + 1
    for name in sorted(calls):
        box.note(f"{name}()", calls[name])
