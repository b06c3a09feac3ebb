# SPDX-License-Identifier: Apache-2.0
"""Clang: a C++ program compiled, linked, and run."""

from box import find_program

PACKAGES = ["clang"]
PROGRAMS = ["clang"]
EXPECTED = ["area 348450", "caught 4", "words 5"]


def run(box):
    source = box.take("shapes.cpp")
    program = str(box.folder / "shapes")
    box.run(find_program("clang++"), "-std=c++17", "-O2", "-pthread", "-o", program, source)
    box.run(program)
