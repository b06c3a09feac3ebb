#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lowers a limit of the machine's step by step, from plenty to what the bare program fails under,
and holds a program with the shared object against the same program without it.

  limits.py LIMIT --scene P --shim LIB --libraries DIR --filter-tool F

Under each limit it does what the bare program does under that limit, or under one that is narrower
by what the shared object itself takes at most; and what was left open is told, once. Without
SEALWAX_FAULTS=all, a part of the steps.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rights import AS_NOBODY, SKIPPED, become_root, within_reach

KIB = 1024
EXIT = 7  # of the scene
NOT_STARTED = 127
ADDR_NO_RANDOMIZE = 0x0040000  # personality(2): where things lie decides how much fits
WORK = {
    "start": ["look"],
    "late": ["load", "libstaying.so", "libplain.so", "libother_answer.so"],
}
POLICIES = {"default": "report-to = stderr\n",
            "private text": "text = private\nreport-to = stderr\n"}
# Somebody who has no other process, whatever else is being tested.
USER = 64219


class Outcome(NamedTuple):
    """Where it did not come to its end, how far it came is chance, and why not is said in the words
    of whatever came short."""

    comes_to_its_end: bool
    work: str = ""
    errors: str = ""


class Seen(NamedTuple):
    """A run, taken apart."""

    outcome: Outcome
    shares: dict[str, tuple[int, int]]  # bytes sealed, and of these in private memory
    reports: list[str]
    uncounted: int  # reports that could not be written, and looks that a filter may forbid
    is_loaded: bool
    claims: list[str]


def take_apart(done: subprocess.CompletedProcess[str], reports: str) -> Seen:
    lines, errors = done.stdout.splitlines(), done.stderr.splitlines()
    marks = [line[2:].split() for line in lines if line.startswith("# ")]
    shares = {" ".join(mark[:2]): (int(mark[2]), int(mark[3])) for mark in marks if len(mark) == 4}
    counts = {mark[0]: int(mark[1]) for mark in marks if mark[0] in ("dropped", "left-out")}
    told = [line for line in errors if line.startswith("sealwax-report ")]
    refused = [line for line in errors if re.search("ld.so: object .* cannot be preloaded", line)]
    own = [line for line in errors if line not in told and line not in refused]
    # In whose words the loader says that there was no room tells nothing.
    work = [line.split(":")[0] if line.startswith("cannot load") else line for line in lines]
    outcome = Outcome(False)
    if done.returncode == EXIT:
        work = "\n".join(line for line in work if not line.startswith("# "))
        outcome = Outcome(True, work, "\n".join(own))
    return Seen(outcome, shares, told + reports.splitlines(), sum(counts.values()),
                "dropped" in counts, [" ".join(mark) for mark in marks if mark[0] == "claims"])


def fault_of(run: Seen, clean: Seen, allowed: Iterator[Outcome]) -> str:
    """What is wrong with a run; nothing where nothing is."""
    if run.outcome not in allowed:
        return f"{run.outcome}, which bare it does not do"
    if run.claims:
        return f"not sealed as claimed: {run.claims}"
    if not run.is_loaded:  # and ld.so has said so, or the program did not start
        return ""
    events = [found[1] for line in run.reports if (found := re.search(r"event=(\S+)", line))]
    if events.count("incomplete") > 2:  # at the start, and later
        return "told more than once"
    if "incomplete" in events or "policy-error" in events or run.uncounted > clean.uncounted:
        return ""
    if events.count("refused") < len(clean.reports):
        return "a refusal is neither told nor counted"
    could_load = "cannot load" not in run.outcome.work
    for name, wanted in clean.shares.items():
        is_so = run.shares.get(name, (0, 0))
        if is_so < wanted and (could_load or name in run.shares):
            return f"{name} is {is_so} where {wanted} is wanted, and nobody is told"
    return ""


class Bench:
    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        scratch.chmod(0o755)
        self.scratch = scratch
        shim = os.environ.get("SEALWAX_TEST_SHIM", options.shim)
        libraries = [Path(options.libraries, name) for name in WORK["late"][1:]]
        self.scene, self.shim, self.filter_tool, *_ = (Path(path) for path in within_reach(
            scratch, options.scene, shim, options.filter_tool, *libraries))
        self.policy = scratch / "policy.conf"
        self.report = scratch / "reports"

    @functools.cached_property
    def memory_groups(self) -> MemoryGroups:
        return MemoryGroups()

    def set_policy(self, settings: str) -> None:
        named = settings.replace("@REPORT@", str(self.report))
        self.policy.write_text(f"sealwax-policy 1\n[defaults]\n{named}")

    def run(self, words: list[str], sealed: bool, before: list[str] | None = None,
            prefix: tuple[str, ...] = (), **options) -> Seen:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C",
                       "LD_LIBRARY_PATH": str(self.scratch)}
        shim = {"LD_PRELOAD": str(self.shim), "SEALWAX_POLICY": str(self.policy)}
        self.report.unlink(missing_ok=True)
        if prefix:
            prefix = (*prefix, *(f"{name}={value}" for name, value in shim.items() if sealed))
        elif sealed:
            environment |= shim
        command = [*prefix, self.scene, *(before or []), *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL, env=environment, **options)
        except (OSError, subprocess.SubprocessError):  # it came as far as to the exec at most
            done = subprocess.CompletedProcess(command, NOT_STARTED, "", "")
        with contextlib.suppress(FileNotFoundError):
            return take_apart(done, self.report.read_text())
        return take_apart(done, "")


class Limit(NamedTuple):
    """One that is counted in steps, down to which `plenty` is lowered."""

    apply: Callable[[Bench, int], dict]  # how a run under it is made
    step: int
    plenty: int
    allowance: dict[str, int]  # by how much it may be narrower for the bare program, by its work
    work: dict[str, list[str]] = WORK
    policies: dict[str, str] = POLICIES
    takes_private: bool = False  # what lies in private memory, by the policy's will, comes on top
    few: int = 30  # how many steps are enough, unless all are wanted


def rlimit(which: int, unit: int = 1) -> Callable[[Bench, int], dict]:
    """The soft and the hard one: what a hard one does not hold back may be lifted for a moment."""
    def apply(_: Bench, size: int) -> dict:
        limit = (size * unit, size * unit)
        return {"preexec_fn": lambda: resource.setrlimit(which, limit)}
    return apply


def processes(bench: Bench, most: int) -> dict:
    """Under a filter, where a child finds out what it lets pass. Root has as many as it wants."""
    return {"prefix": (bench.filter_tool, "ptrace=EPERM", "--"),
            "user": USER, "group": USER, "extra_groups": [],
            **rlimit(resource.RLIMIT_NPROC)(bench, most)}


def mappings(_: Bench, left: int) -> dict:
    return {"before": ["fill", str(left)]}


class MemoryGroups:
    """Control groups (cgroups(7)) with a limit of memory, of either version: one a run, since what
    a process has had charged can stay."""

    LIMITS = ("memory.max", "memory.limit_in_bytes")

    def __init__(self) -> None:
        self.current: Path | None = None
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _, self.root, kind, options, *_ = line.split()
            if kind == "cgroup2" or (kind == "cgroup" and "memory" in options.split(",")):
                with contextlib.suppress(OSError):
                    self.renew(KIB * KIB)
                    return
        self.close()
        print("skipped: no control group for memory can be made here")
        sys.exit(SKIPPED)

    def renew(self, size: int) -> Path:
        self.close()
        self.current = Path(self.root, f"sealwax-limits-{os.getpid()}")
        self.current.mkdir()
        limit = next((name for name in self.LIMITS if (self.current / name).exists()), None)
        if limit is None:
            raise OSError("this kind has no limits of memory")
        (self.current / limit).write_text(str(size))
        return self.current

    def close(self) -> None:
        if self.current is not None and self.current.exists():
            self.current.rmdir()


def memory(bench: Bench, size: int) -> dict:
    """On one processor: of each that it has run on up to 64 pages stay charged for what comes next,
    and another processor that is busy does not give them back in time (mm/memcontrol.c, stocks)."""
    group = bench.memory_groups.renew(size * KIB)

    def enter() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        (group / "cgroup.procs").write_text(str(os.getpid()))

    return {"preexec_fn": enter}


NONE = {"start": 0, "late": 0}
LIMITS = {
    "address_space": Limit(rlimit(resource.RLIMIT_AS, KIB), 4, 64 * KIB,
                           {"start": 104, "late": 144}),
    "data": Limit(rlimit(resource.RLIMIT_DATA, KIB), 4, 16 * KIB, {"start": 12, "late": 32}),
    "stack": Limit(rlimit(resource.RLIMIT_STACK, KIB), 4, 8 * KIB, {"start": 16, "late": 16}),
    "descriptors": Limit(rlimit(resource.RLIMIT_NOFILE), 1, 16, NONE),
    "processes": Limit(processes, 1, 8, NONE),
    "file_size": Limit(rlimit(resource.RLIMIT_FSIZE), 16, 4096, NONE,
                       {"start": ["refuse"]}, {"default": "report-to = file:@REPORT@\n"}),
    "memory": Limit(memory, 64, 64 * KIB, {"start": 192, "late": 192}, takes_private=True),
    "mappings": Limit(mappings, 1, 48, {"late": 4}, {"late": WORK["late"]}, few=12),
}


FOR_ROOT = ("memory", "processes")


class Steps:
    """Of one program under one limit."""

    def __init__(self, bench: Bench, limit: Limit, work: str) -> None:
        self.bench, self.limit, self.words = bench, limit, limit.work[work]
        self.allowance = limit.allowance[work]

    def run(self, size: int, sealed: bool) -> Seen:
        return self.bench.run(self.words, sealed, **self.limit.apply(self.bench, size))

    @functools.cache
    def bare(self, size: int) -> Outcome:
        return self.run(size, False).outcome

    def least(self, enough_for: Callable[[Outcome], bool]) -> int:
        """Under which the bare program only just comes that far."""
        too_little, enough = -1, self.limit.plenty
        while enough - too_little > self.limit.step:
            size = (enough + too_little) // 2 // self.limit.step * self.limit.step
            if enough_for(self.bare(size)):
                enough = size
            else:
                too_little = size
        return enough

    def sizes(self, allowance: int) -> list[int]:
        """From plenty by halves of what is more than the least, then step by step until the bare
        program does not come to its end."""
        step, plenty = self.limit.step, self.limit.plenty
        whole = self.least(lambda outcome: outcome == self.bare(plenty))
        ends = self.least(lambda outcome: outcome.comes_to_its_end)
        near = range(min(whole + allowance + 4 * step, plenty), ends - 4 * step, -step)
        far, more = [], plenty - whole
        while whole + more > near[0]:
            far.append(whole + more)
            more //= 2
        if os.environ.get("SEALWAX_FAULTS") != "all":
            near = near[:: 1 + len(near) // self.limit.few]
        return [*far, *(size for size in near if size >= 0)]

    def allowed(self, size: int, allowance: int) -> Iterator[Outcome]:
        """The widest first, which where mappings of the shared object's happen to merge with others
        is a step more."""
        step = self.limit.step
        for other in range(size + step, max(size - allowance, 0) - 1, -step):
            yield self.bare(other)

    def faults(self) -> Iterator[str]:
        clean = self.run(self.limit.plenty, True)
        if not any(sealed for sealed, _ in clean.shares.values()) and not clean.reports:
            yield "nothing is sealed with plenty"
        allowance = self.allowance
        if self.limit.takes_private:
            allowance += sum(private for _, private in clean.shares.values()) // KIB
        sizes = self.sizes(allowance)
        for size in sizes:
            if fault := fault_of(self.run(size, True), clean, self.allowed(size, allowance)):
                yield f"{size}: {fault}"
        print(f"{len(sizes)} steps from {sizes[0]} to {sizes[-1]}")


def stepped(bench: Bench, limit: Limit) -> Iterator[str]:
    for work in limit.work:
        steps = Steps(bench, limit, work)
        for policy, settings in limit.policies.items():
            bench.set_policy(settings)
            for fault in steps.faults():
                yield f"{work}, {policy}: {fault}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("limit")
    for name in ("--scene", "--shim", "--libraries", "--filter-tool"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    if options.limit in FOR_ROOT and os.geteuid() != 0:
        become_root()
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
    with tempfile.TemporaryDirectory(prefix="sealwax-limits-") as folder:
        bench = Bench(options, Path(folder))
        faults = list(stepped(bench, LIMITS[options.limit]))
        if options.limit == "memory":
            bench.memory_groups.close()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
