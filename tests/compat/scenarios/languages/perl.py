# SPDX-License-Identifier: Apache-2.0
"""perl with modules that have compiled parts, threads, and forked children."""

from box import find_program

PACKAGES = ["perl"]
PROGRAMS = ["perl"]
EXPECTED = [
    "POSIX -2 1970-01-02",
    "Encode 4",
    "Storable 1,2,3,4,5",
    "List::Util 333833500",
    "threads 3000 21",
    "hash 1009 200000",
    "children 1500",
]


def run(box):
    box.run(find_program("perl"), box.take("modules.pl"))
