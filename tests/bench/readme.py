# SPDX-License-Identifier: Apache-2.0
"""The README's table of costs, from the rows of a run."""

import datetime
import os
import pathlib
import platform
import re
import textwrap

from peers import PEERS

FIRST = "<!-- Written by scripts/bench --readme. -->"
LAST = "<!-- Up to here. -->"
CPU_FACTS = pathlib.Path("/proc/cpuinfo")
OVER = " over empty preload"


def table(rows):
    """Lines of Markdown: starts in order of what they cost, then the rest."""
    by_name = {row.name: row for row in rows}
    release = re.match(r"[0-9.]+", platform.release())[0]
    virtual = " (a virtual machine)" if "hypervisor" in CPU_FACTS.read_text() else ""
    text = f"{datetime.date.today()}, {platform.machine()} with {os.cpu_count()} processors{virtual}, Linux {release}, " \
           f"{' '.join(platform.libc_ver())}. A start of `/bin/true` takes " \
           f"{by_name['/bin/true, bare'].value:.0f} µs of processor time. The other libraries ran in rounds of their " \
           "own, against an empty one there."
    yield from textwrap.wrap(text, 110)
    yield ""
    yield "| a start with | µs more | times an empty library |"
    yield "|---|---|---|"
    yield f"| an empty library | {by_name['/bin/true, empty preload'].value:.0f} | 1 |"
    starts = [row for row in rows if row.name.endswith(OVER) and row.unit == "times"]
    for row in sorted(starts, key=lambda row: row.value):
        name = row.name.removesuffix(OVER)
        more = by_name[f"/bin/true, {name}"].value
        label = name if name in PEERS else f"**Sealwax**, {name}"
        yield f"| {label} | {more:.0f} | {row.value:.1f} |"
    yield ""
    yield "| what | costs |"
    yield "|---|---|"
    for label, name, form in OTHERS:
        if name in by_name:
            yield f"| {label} | {form.format(by_name[name].value)} |"


OTHERS = (
    ("each of 200 libraries at start-up", "each of 200 libraries, default", "{:.1f} µs"),
    ("the same in place", "each of 200 libraries, in place", "{:.1f} µs"),
    ("large RELRO (clang: 10.8 MB)", "clang --version, RELRO copies", "{:.2f} ms a MB"),
    ("a thousand sections in a policy", "/bin/true, a thousand sections over one", "{:.0f} µs"),
    ("memory of each process", "private dirty memory, default policy", "{:.0f} KiB"),
    ("the same with an empty library", "private dirty memory, empty preload", "{:.0f} KiB"),
    ("mmap, mprotect and munmap", "memory calls, default policy", "{:.2f} times the bare calls"),
)


def write(path, rows):
    before, rest = path.read_text().split(FIRST)
    behind = rest.split(LAST)[1]
    path.write_text(before + "\n".join([FIRST, "", *table(rows), "", LAST]) + behind)
