# SPDX-License-Identifier: Apache-2.0
"""The frame of a runner of cases, and what the cases compare by."""

import argparse
import pathlib
import tempfile
import traceback

import archive

SKIPPED = 77
HEARD = []  # each line that a guest has written: why a case failed is often in another one


def main(description, cases, prepare, files):
    """Runs the case that the command line names with what `prepare(options, scratch)` makes of it.
    `files` are the options that name a file; what is downloaded is kept in the --cache. Returns the
    exit status: without the mirror that of a skip."""
    parser = argparse.ArgumentParser(description=description)
    for name in ("cache", *files):
        parser.add_argument(f"--{name}", type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("case", choices=cases)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sealwax-") as scratch:
        try:
            cases[options.case](prepare(options, pathlib.Path(scratch)))
        except archive.Unreachable as reason:
            print(reason)
            return SKIPPED
        except Exception as failure:  # whatever it is, what was heard belongs to it
            # Last why it failed: of a log that is cut the end is kept.
            print("All that was heard:", *HEARD, "", sep="\n")
            print(failure if isinstance(failure, AssertionError) else traceback.format_exc())
            return 1
    return 0


def expect(title, found, wanted):
    if found != wanted:
        raise AssertionError("\n".join([f"{title}: expected", *wanted, "and got", *found]))


def split_at_markers(lines):
    """What came behind each marker line `=== NAME`."""
    HEARD.extend(lines)
    parts, current = {}, []
    for line in lines:
        if line.startswith("=== "):
            parts[line[4:]] = current = []
        else:
            current.append(line)
    return parts
