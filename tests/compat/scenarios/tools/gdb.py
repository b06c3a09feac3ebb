# SPDX-License-Identifier: Apache-2.0
"""gdb: stops at a program's exec, and at breakpoints in the program and in libc."""

from box import find_program

# gdb's own libc is private where the policy says so, and no longer told by its name.
PACKAGES = ["gdb"]
PROGRAMS = ["debugged"]
EXPECTED = [
    *(f"said: {line}" for line in (
        "first instruction", "in main", "in tripled: 2", "in libc", "ended with 7")),
    "sum 9, libc 2",
]


def run(box):
    program = str(box.folder / "debugged")
    box.run(find_program("gcc"), "-g", "-O1", "-o", program, box.take("debugged.c"))
    gdb = f"{find_program('gdb')} -nx -q -batch -x {box.take('breakpoints.gdb')} {program}"
    box.run("sh", "-c", f"{gdb} 2>&1 | grep ^said:")
    box.note((box.folder / "answer").read_text())
