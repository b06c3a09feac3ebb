#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty thousand loads and unloads of many libraries (see cycles.c) cost no more at the end than at
the beginning, and leave nothing that grows.

  bounds.py POLICY --program P --shim LIB --with-hook LIB --without-hook LIB

A process that has made them and a new one take turns, on one processor, so that whatever else the
machine does hits both; of each the least of its medians counts. What bare takes more itself at the end is allowed too.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import copies

# With what a new process makes before it is asked: pinned libraries are there from then on.
POLICIES = {
    "default": ("", 0),
    "observe": ("mode = audit\n", 0),
    "pin": ("dlopen = pin\n", 600),
    "skip": ("dlopen = skip\n", 0),
}
CYCLES, SETTLED, FEW = 20_000, 2_000, 100
TURNS = 15
MOST = 1.2  # times as much
LEAST = 1_000  # ns: a difference between less than that is the clock's, and the cache's
PROCESSOR = min(os.sched_getaffinity(0))  # two can be of different speed, where others use one of them
TIMES = ("dlopen", "dlsym", "dlopen without the hook", "dlsym without the hook")
MEANS = ("mappings", "memory", "descriptors")


class Process:
    def __init__(self, program, folder, environment):
        self.process = subprocess.Popen(
            [program, folder], env={**os.environ, **environment}, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {PROCESSOR}),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def make(self, cycles):
        """The medians of so many cycles more, and what the process has then."""
        print(cycles, file=self.process.stdin, flush=True)
        figures = [int(word) for word in self.process.stdout.readline().split()]
        assert figures, "the program ended"
        return figures[: len(TIMES)], figures[len(TIMES) :]

    def end(self):
        self.process.communicate()
        assert self.process.returncode == 0, self.process.returncode


def measure(program, folder, environment, before):
    """For each time and each of the means, how often its beginning the end is."""
    old = Process(program, folder, environment)
    _, settled = old.make(SETTLED)
    _, finally_ = old.make(CYCLES - SETTLED)
    young_times, old_times = [], []
    for _ in range(TURNS):
        young = Process(program, folder, environment)
        young.make(before)
        young_times.append(young.make(FEW)[0])
        young.end()
        old_times.append(old.make(FEW)[0])
    old.end()
    first, last = ([min(column) for column in zip(*rows)] for rows in (young_times, old_times))
    print(f"ns at first {first}, at last {last}; settled {settled}, at the end {finally_}")
    least = [LEAST] * len(TIMES) + [1] * len(MEANS)
    growth = [max(after, floor) / max(before, floor)
              for before, after, floor in zip(first + settled, last + finally_, least)]
    return dict(zip(TIMES + MEANS, growth))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", choices=POLICIES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--with-hook", type=pathlib.Path, required=True)
    parser.add_argument("--without-hook", type=pathlib.Path, required=True)
    options = parser.parse_args()
    shim = os.path.abspath(os.environ.get("SEALWAX_TEST_SHIM", options.shim))
    text, before = POLICIES[options.policy]
    with tempfile.TemporaryDirectory(prefix="sealwax-soak-") as scratch:
        folder = pathlib.Path(scratch)
        copies.make(folder / "libraries",
                    {"with": options.with_hook, "without": options.without_hook}, None)
        policy = folder / "policy.conf"
        policy.write_text("sealwax-policy 1\n[defaults]\nreport-to = stderr\n"
                          + text)
        program = os.path.abspath(options.program)
        bare = measure(program, folder / "libraries", {}, before)
        sealed = measure(program, folder / "libraries",
                         {"LD_PRELOAD": shim, "SEALWAX_POLICY": str(policy)}, before)
    grown = {what: times for what, times in sealed.items() if times > MOST * max(1, bare[what])}
    print(f"grown: {grown}, bare: {bare}" if grown else "as much at the end as at the beginning")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
