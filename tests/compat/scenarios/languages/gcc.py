# SPDX-License-Identifier: Apache-2.0
"""GCC: a C++ program compiled, linked with the linker's LTO plugin, and run."""

from box import find_program

PACKAGES = ["g++"]
PROGRAMS = ["cc1plus", "lto1"]
EXPECTED = ["area 348450", "caught 4", "words 5"]


def run(box):
    compiler = find_program("g++")
    source = box.take("shapes.cpp")
    program = str(box.folder / "shapes")
    box.run(compiler, "-std=c++17", "-O2", "-flto=auto", "-pthread", "-o", program, source)
    box.run(program)
