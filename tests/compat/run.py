#!/usr/bin/env python3
"""Does a real program's work twice, without and with the shim, and compares what it answers.

    run.py --library LIBSEALWAX SCENARIO

The transcripts (output, errors and exit status of every step) must be the same, and the programs
that the scenario names must have been seen with libc's text sealed in the second run.
"""

import argparse
import ctypes
import difflib
import errno
import importlib
import os
import pathlib
import shutil
import sys
import tempfile

import box

SKIPPED = 77
MSEAL = 462


def kernel_has_mseal():
    libc = ctypes.CDLL(None, use_errno=True)
    # An empty range: nothing is sealed, and 0 is the answer wherever the call exists.
    return libc.syscall(MSEAL, 0, 0, 0) == 0 or ctypes.get_errno() != errno.ENOSYS


def do_the_work(scenario, folder, preload):
    """Both runs get the same path: it shows in what programs print."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    place = box.Box(folder, preload)
    try:
        scenario.run(place)
    finally:
        place.close()
    return place


def differences(bare, sealed):
    lines = [("\n".join(place.transcript) + "\n").splitlines() for place in (bare, sealed)]
    return list(difflib.unified_diff(*lines, "without the shim", "with the shim", lineterm=""))


def work_not_done(scenario, bare):
    """Two runs that fail alike are no proof: the scenario says what the right answers are."""
    said = set("\n".join(bare.transcript).splitlines())
    missing = [line for line in scenario.EXPECTED if line not in said]
    return [f"the work was not done: no line {line!r}" for line in missing]


def unsealed_programs(scenario, sealed):
    return [
        name
        for name in scenario.PROGRAMS
        if not any(seen.startswith(name) for seen in sealed.seen_sealed)
    ]


def compare(scenario, library):
    with tempfile.TemporaryDirectory(prefix="sealwax-") as top:
        os.chmod(top, 0o755)  # servers that change to another user read their files here
        folder = pathlib.Path(top) / "box"
        bare = do_the_work(scenario, folder, None)
        sealed = do_the_work(scenario, folder, library)
    if bare.seen_sealed:
        return [f"sealed without the shim: {bare.seen_sealed}"]
    if bare.failures:
        return ["it fails without the shim too", *bare.failures]
    print("\n".join(bare.transcript), "\nseen sealed:", sorted(sealed.seen_sealed))
    left_open = unsealed_programs(scenario, sealed)
    if left_open:
        return [f"never seen sealed: {left_open}; sealed: {sorted(sealed.seen_sealed)}"]
    return differences(bare, sealed) + work_not_done(scenario, bare)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("scenario")
    options = parser.parse_args()
    if not kernel_has_mseal():
        print("this kernel has no mseal")
        return SKIPPED
    scenario = importlib.import_module(f"scenarios.{options.scenario}")
    try:
        complaints = compare(scenario, str(pathlib.Path(options.library).resolve()))
    except box.Missing as missing:
        print(f"not installed: {missing}")
        return SKIPPED
    print("\n".join(complaints))
    return 1 if complaints else 0


sys.exit(main())
