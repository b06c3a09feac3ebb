# SPDX-License-Identifier: Apache-2.0
"""What a process has mapped, by count: the figures that must stay within what Sealwax promises."""

import dataclasses
import pathlib
import re

# A library that comes and goes is sealed four times, and each time leaves text, rodata, RELRO and
# what lies between them; the fifth time it waits.
CLOSINGS_THAT_ARE_SEALED = 4
MAPPINGS_OF_ONE = 5
OF_ITS_DATA = 2  # what the file has and what is zero, where the policy seals them


@dataclasses.dataclass
class Census:
    mappings: int
    anonymous: int  # KiB

    def __sub__(self, other):
        return Census(self.mappings - other.mappings, self.anonymous - other.anonymous)

    def __str__(self):
        return f"{self.mappings} mappings, {self.anonymous} KiB anonymous"


def mappings_of(pid):
    return pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()


def take(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    anonymous = int(re.search(r"^Anonymous:\s+(\d+) kB", rollup, re.MULTILINE).group(1))
    return Census(len(mappings_of(pid)), anonymous)


def mappings_of_one(box):
    return MAPPINGS_OF_ONE + (OF_ITS_DATA if box.seals_data else 0)


def left_by(box, libraries, closings=CLOSINGS_THAT_ARE_SEALED):
    """How many mappings libraries that are closed again and again may leave."""
    return libraries * closings * mappings_of_one(box)


def text_of(pid, matches):
    """Files whose text is mapped, each with whether all of it is sealed."""
    verdicts, name = {}, None
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        fields = line.split()
        if not fields[0].endswith(":"):
            name = fields[-1] if "x" in fields[1] and matches(fields[-1]) else None
        elif name and fields[0] == "VmFlags:":
            verdicts[name] = verdicts.get(name, True) and "sl" in fields[1:]
    return verdicts
