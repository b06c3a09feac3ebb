# SPDX-License-Identifier: Apache-2.0
"""iconv: every character set that libc knows, five times over, each by modules that come and go."""

import subprocess

import census
from box import SYSTEM_PATH, find_program

PACKAGES = ["libc-bin"]
PROGRAMS = ["all_charsets"]
PASSES = 5
EXPECTED = [
    "all_charsets status 0",
    "every pass as the first: True",
    "all leave no more than the rule allows: True",
    "the last leaves nothing: True",
]


def charsets():
    listing = subprocess.run(
        [find_program("iconv"), "-l"], env={"PATH": SYSTEM_PATH}, check=True, capture_output=True
    ).stdout.decode()
    return [name.rstrip("/") for name in listing.split()]


def run(box):
    program = box.compile("all_charsets", "all_charsets.c")
    with box.talk(program, str(PASSES), *charsets()) as passes:
        said, counts = [], []
        for _ in range(1 + PASSES):
            said.append(passes.hear())
            counts.append(census.take(passes.pid))
            passes.say()
    box.note(said[1])
    box.note("every pass as the first:", len(set(said[1:])) == 1)
    for number, count in enumerate(counts):
        box.measure(f"after {number} passes", count)
    all_passes = counts[-1] - counts[0]
    last = counts[-1] - counts[-2]
    # 256 young closings of a process, whatever they are of, and then all of them wait.
    allowed = 256 * census.mappings_of_one(box)
    box.note("all leave no more than the rule allows:", all_passes.mappings <= allowed)
    box.note("the last leaves nothing:", last.mappings <= 1 and last.anonymous <= 64)
