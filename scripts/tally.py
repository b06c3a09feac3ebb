# SPDX-License-Identifier: Apache-2.0
"""Adds up meson's test logs and the checks' record: says of each that did not pass why, or how it is
run again alone, and prints `N passed, N failed, N skipped`.

With CI=true a skip that is not in the list of what a machine cannot do counts as a failure.
The exit status is 0 only where something ran and nothing failed.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import sys
import typing

# Source: meson's mtest.py, TestResult.
PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP", "IGNORED"}


def outcome_of(meson_result):
    if meson_result in PASSED:
        return "passed"
    return "skipped" if meson_result in SKIPPED else "failed"


class Result(typing.NamedTuple):
    name: str
    outcome: str
    again: str  # what scripts/test takes to run it alone
    output: str = ""


# Of the output of a test that failed. A log that is cut keeps its end, and this is there.
LAST_LINES = 15


def read_testlog(again, path):
    """One JSON document a line; a run that broke off before its first test leaves no file."""
    path = pathlib.Path(path)
    if not path.exists():
        yield Result(str(path), "failed", again.removesuffix("/%"))
        return
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        name = entry["name"].split(" / ")[-1]
        output = entry.get("stdout", "") + entry.get("stderr", "")
        yield Result(name, outcome_of(entry["result"]), again.replace("%", name), output)


def read_checks(path):
    for line in path.read_text().splitlines():
        yield Result(*line.split(" ", 2))


def read_cannot(path):
    """`NAME: reason` a line, NAME with the shell's wildcards; a reason is required."""
    reasons = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(":")
            if not reason.strip():
                sys.exit(f"{path}: no reason is given for '{name}'")
            reasons[name.strip()] = reason.strip()
    return reasons


def reason_for(name, reasons):
    return next((why for glob, why in reasons.items() if fnmatch.fnmatch(name, glob)), None)


def judge(results, reasons, strict):
    """The outcomes that count, with a line about each that is no pass."""
    for name, outcome, again, output in results:
        reason = reason_for(name, reasons)
        if outcome == "skipped" and reason is None and strict:
            print(f"failed: {name}: skipped, and not listed as what a machine cannot do")
            yield "failed"
            continue
        if outcome == "failed":
            lines = [line.rstrip() for line in output.splitlines() if line.strip()]
            print(*(f"  | {line}" for line in lines[-LAST_LINES:]), sep="\n", end="\n" if lines else "")
            print(f"failed: {name}; again: scripts/test {again}".rstrip())
        elif outcome == "skipped":
            print(f"skipped: {name}: {reason or 'no reason listed'}")
        yield outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cannot", type=pathlib.Path, required=True)
    parser.add_argument("--checks", type=pathlib.Path, required=True)
    parser.add_argument("--log", nargs=2, action="append", default=[], metavar=("NAME", "FILE"),
                        help="of NAME's tests; %% in NAME stands for the test's name")
    options = parser.parse_args()

    results = list(read_checks(options.checks))
    for again, log in options.log:
        results += read_testlog(again, log)
    strict = os.environ.get("CI") == "true"
    outcomes = list(judge(results, read_cannot(options.cannot), strict))
    count = {word: outcomes.count(word) for word in ("passed", "failed", "skipped")}
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**count))
    sys.exit(0 if count["failed"] == 0 and count["passed"] > 0 else 1)


main()
