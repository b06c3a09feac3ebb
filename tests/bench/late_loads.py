# SPDX-License-Identifier: Apache-2.0
"""What libraries cost that come and go while the program runs."""

import shutil
import statistics
import subprocess

from figures import paired
from lab import HERE

# Of a library that has all that one can have: code, constants, RELRO, variables.
LIBRARY = """
int variable = 1;
static int zeroes[100];
int* const address = &variable;
const char text[] = "constant";
int add(int more) { return variable += more + zeroes[more] + text[0]; }
"""
MAPPINGS_LEFT_BY_ONE = 4


def run(lab, assignments, program, *arguments):
    """The median of the rounds, in microseconds."""
    output = subprocess.run(
        [program, *map(str, arguments)],
        env=lab.environment(assignments),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return statistics.median(int(line) for line in output.splitlines()) / 1000


def by_turns(lab, runs, program, *arguments, policy=None):
    """A list of runs, each with the time without the shim and the time with it."""
    shim = lab.shim + ([policy] if policy else [])
    pairs = []
    for turn in range(runs):
        order = [lab.bare, shim] if turn % 2 == 0 else [shim, lab.bare]
        times = {
            assignments is shim: run(lab, assignments, program, *arguments)
            for assignments in order
        }
        pairs.append((times[False], times[True]))
    return pairs


def ratio(name, pairs, unit, limit=None):
    bare = statistics.median(pair[0] for pair in pairs)
    return paired(
        name,
        [sealed / bare for bare, sealed in pairs],
        "times bare",
        limit=limit,
        remark=f"bare {bare:.2f} {unit}",
    )


def pairs(lab, program, library):
    runs = lab.rounds(20)
    rounds = lab.rounds(30)
    pin = lab.policy_text("pin", "[defaults]\ndlopen = pin\n")
    return [
        ratio(
            "dlopen and dlclose, kept open",
            by_turns(lab, runs, program, "kept", library, rounds),
            "µs",
        ),
        ratio(
            "dlopen and dlclose, pinned",
            by_turns(lab, runs, program, "churner", library, rounds, policy=pin),
            "µs",
        ),
        ratio(
            "dlopen and dlclose, churner",
            by_turns(lab, runs, program, "churner", library, rounds),
            "µs",
            limit=3.5,
        ),
        ratio(
            "1,000 cycles from the first",
            by_turns(lab, runs, program, "thousand", library, 1),
            "µs in all",
            limit=3.5,
        ),
    ]


def forks(lab, program, library):
    copies = []
    for number in range(500 if not lab.quick else 10):
        copies.append(str(lab.folder / f"left{number}.so"))
        shutil.copyfile(library, copies[-1])
    rounds = lab.rounds(50)
    times = by_turns(lab, lab.rounds(10), program, "closed", rounds, *copies)
    still_open = [run(lab, lab.bare, program, "open", rounds, *copies) for _ in times]
    left = len(copies) * MAPPINGS_LEFT_BY_ONE
    bare = statistics.median(pair[0] for pair in times)
    return [
        paired(
            f"fork behind {left} left mappings",
            [sealed - without for without, sealed in times],
            "µs over bare",
            remark=f"bare {bare:.2f} µs, {statistics.median(still_open):.2f} with the same open",
        ),
    ]


def late_loads(lab):
    program = lab.compile("late_loads", [HERE / "late_loads.c"])
    library = lab.compile_text("late.so", LIBRARY, "-shared", "-fPIC")
    return [*pairs(lab, program, library), *forks(lab, program, library)]
