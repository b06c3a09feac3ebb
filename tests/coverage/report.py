#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says of model and library how many of their lines ran, and which did not:

    report.py BUILD

A line ran if it did in any of the objects into which it was compiled: those of the library itself,
which all of a suite's processes counted for, and those of the unit tests. Exits with 1 where less
ran than BOUNDS ask for.
"""

import collections
import json
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BOUNDS = {"src/model": 98.0, "src/shim": 90.0}
# Where the objects are that are compiled for counting.
OBJECTS = ["src/model", "src/shim", "tests/unit"]


def counted_objects(build):
    """Each object's notes, or its counts where it has any."""
    for folder in OBJECTS:
        for notes in sorted((build / folder).rglob("*.gcno")):
            counts = notes.with_suffix(".gcda")
            yield counts if counts.exists() else notes


def read_by_gcov(build, objects):
    """Name and line tables of each source file in each object."""
    said = subprocess.run(["gcov", "--json-format", "--stdout", *objects], cwd=build, check=True,
                          capture_output=True, text=True).stdout
    for line in said.splitlines():
        document = json.loads(line)
        folder = pathlib.Path(document["current_working_directory"])
        for file in document["files"]:
            path = (folder / file["file"]).resolve()
            if path.is_relative_to(SOURCE):
                yield path.relative_to(SOURCE).as_posix(), file["lines"]


def runs_by_line(build):
    """For each source file, how often each of its lines ran."""
    runs = collections.defaultdict(collections.Counter)
    for name, lines in read_by_gcov(build, list(counted_objects(build))):
        for line in lines:
            runs[name][line["line_number"]] += line["count"]
    return runs


def silent_lines(name, lines):
    text = (SOURCE / name).read_text().splitlines()
    for number in sorted(lines):
        if lines[number] == 0:
            yield f"{name}:{number}: {text[number - 1].strip()}"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    runs = runs_by_line(build)
    silent, short = [], False
    for half, bound in BOUNDS.items():
        files = sorted(name for name in runs if name.startswith(half + "/"))
        missed = [line for name in files for line in silent_lines(name, runs[name])]
        total = sum(len(runs[name]) for name in files)
        percent = 100 * (total - len(missed)) / total if total else 0.0
        print(f"{half}: {percent:.1f} % of {total} lines ran; at least {bound} % have to")
        silent += missed
        short = short or percent < bound
    print(*silent, sep="\n")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
