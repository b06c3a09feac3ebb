#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty thousand loads and unloads of many libraries (see cycles.c) cost no more at the end than at
the beginning, and leave nothing that grows: mappings, memory, descriptors beside the same bare, and
what the library does for a cycle, in system calls and instructions.

  bounds.py POLICY --program P --shim LIB --with-hook LIB --without-hook LIB [--steps P]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import copies

POLICIES = {"default": "", "observe": "mode = audit\n", "pin": "dlopen = pin\n", "skip": "dlopen = skip\n"}
CYCLES, SETTLED = 20_000, 2_000  # even: the two that are counted are one with the hook and one without
MOST = 1.2  # times as much
MEANS = ("mappings", "memory", "descriptors")
COUNTS = ("system calls", "instructions")


def growth(names, first, last):
    return {name: max(after, 1) / max(before, 1) for name, before, after in zip(names, first, last)}


def means(program, folder, environment):
    """How often its beginning the end is, of what a process has."""
    ended = subprocess.run([program, folder], env={**os.environ, **environment}, text=True, check=True,
                           input=f"{SETTLED}\n{CYCLES - SETTLED}\n", stdout=subprocess.PIPE)
    first, last = ([int(word) for word in line.split()] for line in ended.stdout.splitlines())
    print(f"{MEANS}: {first}, at the end {last}")
    return growth(MEANS, first, last)


def counts(steps, program, folder, shim, policy):
    """Likewise of what the library does for two cycles."""
    def after(cycles):
        said = subprocess.run([steps, shim, program, folder, str(cycles)], text=True, check=True,
                              stdout=subprocess.PIPE, env={**os.environ, "SEALWAX_POLICY": str(policy)}).stdout
        return [int(word) for word in said.split()]

    first, last = after(SETTLED), after(CYCLES)
    print(f"{COUNTS}: {first}, at the end {last}")
    return growth(COUNTS, first, last)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", choices=POLICIES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--with-hook", type=pathlib.Path, required=True)
    parser.add_argument("--without-hook", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=os.path.abspath, help="what counts; where it can (x86-64)")
    options = parser.parse_args()
    shim = os.path.abspath(os.environ.get("SEALWAX_TEST_SHIM", options.shim))
    with tempfile.TemporaryDirectory(prefix="sealwax-soak-") as scratch:
        folder = pathlib.Path(scratch)
        libraries = folder / "libraries"
        copies.make(libraries, {"with": options.with_hook, "without": options.without_hook}, None)
        policy = folder / "policy.conf"
        policy.write_text("sealwax-policy 1\n[defaults]\nreport-to = stderr\n" + POLICIES[options.policy])
        program = os.path.abspath(options.program)
        bare = means(program, libraries, {})
        sealed = means(program, libraries, {"LD_PRELOAD": shim, "SEALWAX_POLICY": str(policy)})
        if options.steps:
            sealed |= counts(options.steps, program, libraries, shim, policy)
    grown = {what: times for what, times in sealed.items() if times > MOST * max(1, bare.get(what, 1))}
    print(f"grown: {grown}, bare: {bare}" if grown else "as much at the end as at the beginning")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
