# SPDX-License-Identifier: Apache-2.0
"""strace: what a shell and its children write, each call of it, and the counts of another run."""

from box import find_program

PACKAGES = ["strace"]
PROGRAMS = ["strace"]
EXPECTED = ["write(1, \"first\\n\", 6) = 6", "write(1, \"second\\n\", 7) = 7", "traced: 2 of write"]


def run(box):
    strace = find_program("strace")
    box.run(strace, "-f", "-qq", "-e", "trace=write", "-e", "signal=none", "-a", "0", "-o", "trace",
            "sh", "-c", "echo first; (echo second; exit 3); true")
    for line in (box.folder / "trace").read_text().splitlines():
        call = line.partition(" ")[2].strip()  # behind the number of the process
        if call.startswith("write("):  # it shows what it does not know as well, the shim's mseal in an older one
            box.note(call)
    box.run(strace, "-c", "-f", "-e", "trace=write", "-o", "counts", "sh", "-c", "echo first; (echo second)")
    counted = [line.split() for line in (box.folder / "counts").read_text().splitlines() if line.endswith(" write")]
    box.note("traced:", *(words[3] for words in counted), "of write")
