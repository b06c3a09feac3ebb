#!/usr/bin/python3
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
import importlib
import os
import pathlib
import sys
import tempfile

import box
import comparing
from rights import SKIPPED, within_reach


def of_events(policy, expected):
    events = {told.split()[1] for told in policy.told()}
    wanted = set() if expected == "none" else set(expected.split(","))
    return [] if events == wanted else [f"reports of {events}, not {wanted}", *policy.lines()[:20]]


def compare(scenario, library, source, expected, tool):
    with tempfile.TemporaryDirectory(prefix="sealwax-") as top:
        os.chmod(top, 0o755)  # servers that change to another user read their files here
        library = within_reach(top, library) if library else None
        folder = pathlib.Path(top) / "box"
        policy = comparing.Policy(pathlib.Path(top), source) if source else None
        bare = comparing.do_the_work(scenario, folder, None)
        sealed = comparing.do_the_work(scenario, folder, library, policy, tool)
        reported = of_events(policy, expected) if policy else []
    if wrong := comparing.wrong_without_the_shim(scenario, bare):
        return wrong
    print("\n".join(bare.transcript), "\nseen sealed:", sorted(sealed.seen_sealed))
    print(*(f"bare: {figure}" for figure in bare.figures), sep="\n")
    print(*(f"sealed: {figure}" for figure in sealed.figures), sep="\n")
    audits = policy is not None and policy.audits
    return (comparing.wrongly_sealed(scenario, sealed, audits) or
            comparing.differences(bare, sealed) + reported)


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
    if not comparing.kernel_has_mseal():
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
