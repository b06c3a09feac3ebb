#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a real program's work twice, without and with the shim, and compares what it answers.

    run.py --library LIBSEALWAX [--policy FILE --reports EVENTS] SCENARIO
    run.py --tool SEALWAX SCENARIO

The transcripts (output, errors and exit status of every step) must be the same, and the programs
that the scenario names must have been seen with libc's text sealed in the second run. With a policy
the second run is under it, and its reports must be of just these events: a list with commas, or
`none`. Under a policy that only audits nothing must have been seen sealed. With a tool it is no
library that seals the second time, but `SEALWAX seal`, while they work; with SEALWAX_SEALS=N they do
so N times, since each time they are at something else.
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
from rights import within_reach

SKIPPED = 77
MSEAL = 462


def kernel_has_mseal():
    libc = ctypes.CDLL(None, use_errno=True)
    # An empty range: nothing is sealed, and 0 is the answer wherever the call exists.
    return libc.syscall(MSEAL, 0, 0, 0) == 0 or ctypes.get_errno() != errno.ENOSYS


def do_the_work(scenario, folder, preload, policy=None, tool=None):
    """Both runs get the same path: it shows in what programs print."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    place = box.Box(folder, preload, policy, tool)
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


class Policy:
    """A policy of the project's, with its reports led into a file that everybody may write to."""

    def __init__(self, folder, source):
        self.reports = folder / "reports"
        self.reports.touch()
        self.reports.chmod(0o666)
        self.file = folder / "policy.conf"
        text = pathlib.Path(source).read_text()
        self.audits = "\nmode = audit\n" in text
        self.file.write_text(f"{text}\n[defaults]\nreport-to = file:{self.reports}\n")

    def complaints(self, expected):
        lines = self.reports.read_text().splitlines()
        events = {word for line in lines for word in line.split() if word.startswith("event=")}
        wanted = set() if expected == "none" else {f"event={name}" for name in expected.split(",")}
        return [] if events == wanted else [f"reports of {sorted(events)}, not {wanted}", *lines[:20]]


def compare(scenario, library, source, expected, tool):
    with tempfile.TemporaryDirectory(prefix="sealwax-") as top:
        os.chmod(top, 0o755)  # servers that change to another user read their files here
        library = within_reach(top, library) if library else None
        folder = pathlib.Path(top) / "box"
        policy = Policy(pathlib.Path(top), source) if source else None
        bare = do_the_work(scenario, folder, None)
        sealed = do_the_work(scenario, folder, library, policy, tool)
        reported = policy.complaints(expected) if policy else []
    if bare.seen_sealed:
        return [f"sealed without the shim: {bare.seen_sealed}"]
    if bare.failures:
        return ["it fails without the shim too", *bare.failures]
    print("\n".join(bare.transcript), "\nseen sealed:", sorted(sealed.seen_sealed))
    print(*(f"bare: {figure}" for figure in bare.figures), sep="\n")
    print(*(f"sealed: {figure}" for figure in sealed.figures), sep="\n")
    audits = policy is not None and policy.audits
    left_open = [] if audits else unsealed_programs(scenario, sealed)
    if left_open:
        return [f"never seen sealed: {left_open}; sealed: {sorted(sealed.seen_sealed)}"]
    if audits and sealed.seen_sealed:
        return [f"sealed though it is only audited: {sealed.seen_sealed}"]
    return differences(bare, sealed) + work_not_done(scenario, bare) + reported


def compare_often(scenario, tool):
    """With the bare run once in front of each, which tells what differs by itself."""
    for _ in range(int(os.environ.get("SEALWAX_SEALS", "1"))):
        complaints = compare(scenario, None, None, None, tool)
        if complaints:
            return complaints
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--library")
    way.add_argument("--tool")
    parser.add_argument("--policy")
    parser.add_argument("--reports", default="none", metavar="EVENTS")
    parser.add_argument("scenario")
    options = parser.parse_args()
    if not kernel_has_mseal():
        print("this kernel has no mseal")
        return SKIPPED
    scenario = importlib.import_module(f"scenarios.{options.scenario}")
    try:
        complaints = (compare_often(scenario, options.tool) if options.tool else
                      compare(scenario, options.library, options.policy, options.reports, None))
    except box.Missing as missing:
        print(f"not installed: {missing}")
        return SKIPPED
    print("\n".join(complaints))
    return 1 if complaints else 0


sys.exit(main())
