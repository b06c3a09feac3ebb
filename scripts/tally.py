"""Adds up meson's test logs and the checks' record, and prints `N passed, N failed, N skipped`.

With CI=true a skip that is not in the list of what a machine cannot do counts as a failure.
The exit status is 0 only where something ran and nothing failed.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import sys

# Source: meson's mtest.py, TestResult.
PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP", "IGNORED"}


def outcome_of(meson_result):
    if meson_result in PASSED:
        return "passed"
    return "skipped" if meson_result in SKIPPED else "failed"


def read_testlog(path):
    """One JSON document a line; a run that broke off before its first test leaves no file."""
    if not path.exists():
        return [(str(path), "failed")]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(entry["name"].split(" / ")[-1], outcome_of(entry["result"])) for entry in lines]


def read_checks(path):
    return [tuple(line.split()) for line in path.read_text().splitlines()]


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
    for name, outcome in results:
        reason = reason_for(name, reasons)
        if outcome == "skipped" and reason is None and strict:
            print(f"failed: {name}: skipped, and not listed as what a machine cannot do")
            yield "failed"
            continue
        if outcome == "failed":
            print(f"failed: {name}")
        elif outcome == "skipped":
            print(f"skipped: {name}: {reason or 'no reason listed'}")
        yield outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cannot", type=pathlib.Path, required=True)
    parser.add_argument("--checks", type=pathlib.Path, required=True)
    parser.add_argument("logs", type=pathlib.Path, nargs="*")
    options = parser.parse_args()

    results = read_checks(options.checks)
    for log in options.logs:
        results += read_testlog(log)
    strict = os.environ.get("CI") == "true"
    outcomes = list(judge(results, read_cannot(options.cannot), strict))
    count = {word: outcomes.count(word) for word in ("passed", "failed", "skipped")}
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**count))
    sys.exit(0 if count["failed"] == 0 and count["passed"] > 0 else 1)


main()
