#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a real program's work bare, under default.conf, under observe.conf, and under strict.conf with
the exceptions that the program needs, and compares what it answers each time.

    run.py --library LIBSEALWAX --cells FOLDER SCENARIO

Beside what tests/compat/run.py reads, a scenario names its PACKAGES, its EXCEPTIONS by their names in
exceptions.conf (PROGRAM is the path to put into them, below the box), those that it needs under the
default as DEFAULT_EXCEPTIONS, and what is TOLD of it under a policy: program, event, region. What was seen is noted for the table of systems.
"""

import argparse
import importlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback

import box
import cells
import comparing
from rights import SKIPPED, within_reach

POLICIES = ("default", "observe", "strict")


def exceptions_of(scenario, policy):
    key = {"strict": "EXCEPTIONS", "default": "DEFAULT_EXCEPTIONS"}.get(policy, "")
    return getattr(scenario, key, [])


class Trial:
    def __init__(self, scenario, top, library):
        self.scenario = scenario
        self.top = top
        self.library = within_reach(top, library)
        self.folder = top / "box"
        self.bare = comparing.do_the_work(scenario, self.folder, None)

    def exceptions_under(self, name):
        program = self.folder / getattr(self.scenario, "PROGRAM", "")
        return box.exceptions(exceptions_of(self.scenario, name), program)

    def complaints_under(self, name):
        source = box.POLICIES / f"{name}.conf"
        policy = comparing.Policy(self.top, source, self.exceptions_under(name))
        try:
            sealed = comparing.do_the_work(self.scenario, self.folder, self.library, policy)
        except Exception:  # the work came to no end, and what was told may say why
            return [traceback.format_exc(), *policy.lines()[:20]]
        print(f"{name}: seen sealed:", sorted(sealed.seen_sealed))
        print(*(f"{name}: {figure}" for figure in sealed.figures), sep="\n")
        told = not_as_expected(policy, getattr(self.scenario, "TOLD", {}).get(name, []))
        return (comparing.wrongly_sealed(self.scenario, sealed, policy.audits) +
                comparing.differences(self.bare, sealed) + told)


def not_as_expected(policy, wanted):
    """A program's name may have its version behind it, as where it is seen sealed."""
    def fits(line, wish):
        return line.startswith(wish.split()[0]) and line.split()[1:] == wish.split()[1:]

    told = policy.told()
    if (all(any(fits(line, wish) for wish in wanted) for line in told) and
            all(any(fits(line, wish) for line in told) for wish in wanted)):
        return []
    return [f"told of {sorted(told)}, not {sorted(wanted)}", *policy.lines()[:20]]


def versions(packages):
    """Without Debian's revisions."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    return ", ".join(re.sub(r"( .*)-.*", r"\1", line) for line in listed.splitlines())


def check_installed(packages):
    for package in packages:
        state = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
                               capture_output=True, text=True, check=False).stdout
        if state not in ("installed", "triggers-pending", "triggers-awaited"):
            raise box.Missing(package)


def what_held(scenario, name):
    """A few words for the table; what is not so was a complaint."""
    words = ["the same"]
    if named := exceptions_of(scenario, name):
        words.append("with " + ", ".join(named))
    if told := getattr(scenario, "TOLD", {}).get(name, ()):
        words.append("told: " + ", ".join(told))
    return "; ".join(words)


def note(scenario, name, folder):
    cells.record(folder, cells.Beside(
        name.rpartition(".")[2], versions(scenario.PACKAGES), " ".join(scenario.__doc__.split()).rstrip("."),
        *(what_held(scenario, policy) for policy in POLICIES)))


def try_all(scenario, library, policies):
    check_installed(scenario.PACKAGES)
    with tempfile.TemporaryDirectory(prefix="sealwax-") as top:
        os.chmod(top, 0o755)  # servers that change to another user read their files here
        trial = Trial(scenario, pathlib.Path(top), library)
        if wrong := comparing.wrong_without_the_shim(scenario, trial.bare):
            return [*wrong, *trial.bare.transcript]
        print("\n".join(trial.bare.transcript))
        return [f"{name}: {line}" for name in policies for line in trial.complaints_under(name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--cells")
    parser.add_argument("--under", action="append", choices=POLICIES, help="some of the policies, and no note")
    parser.add_argument("scenario")
    options = parser.parse_args()
    if not comparing.kernel_has_mseal():
        print("this kernel has no mseal")
        return SKIPPED
    scenario = importlib.import_module(f"scenarios.{options.scenario}")
    try:
        complaints = try_all(scenario, options.library, options.under or POLICIES)
    except box.Missing as missing:
        print(f"not installed: {missing}")
        return SKIPPED
    if not complaints and options.cells and not options.under:
        note(scenario, options.scenario, options.cells)
    print("\n".join(complaints))
    return 1 if complaints else 0


sys.exit(main())
