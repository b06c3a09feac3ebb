# SPDX-License-Identifier: Apache-2.0
"""A test's declarations, read from the comment at the top of its C file or from a .case file.

Prose and directives may mix. A directive stands alone on its line, ends in a colon, and owns the
lines indented below it:

    // What the test claims, in prose.
    //
    // policy:
    //   sealwax-policy 1
    //   [defaults]
    //   relro = in-place
    // with the shim, exit 0:
    //   libc: sealed
    //   2> a line of standard error
    //   log> a line sent to the journal
    // without it, exit 0:
    //   libc: open

A .case file holds the same without the slashes, for a program that several tests share.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

OUTCOME = re.compile(r"(with the shim|without it|with the shim or without it),"
                     r" (?:exit (\d+)|killed by (SIG[A-Z]+))[:.]")
BLOCKS = {
    "policy": "the file that SEALWAX_POLICY names",
    "/etc/sealwax/policy.conf": "the system's policy",
    "environment": "NAME=value lines, or NAME alone to unset it",
    "arguments": "the program's, one a line",
    "filter": "the seccomp filter that the program inherits, as under_filter takes it",
    "machine": "what is unusual around the program; see MACHINE",
    "leaves": "the files that the program may leave in its working directory",
}
MACHINE = {
    "no /proc",
    "run by nobody",
    "no more processes",
    "setuid root",
    "has a second name",
    "has uprobes",
    "may raise limits",
    "preloaded by /etc/ld.so.preload",
    "preloaded twice",
    "started through ld.so",
    "policy owned by nobody",
    "policy writable by its group",
    "policy not readable",
    "policy is a pipe",
    "program not readable",
    "in shared memory",
    "journal listening",
    "journal of systemd listening",
    "journal full",
    "no journal",
    "first process",
}


@dataclass
class Outcome:
    status: str
    stdout: str = ""
    stderr: str = ""
    log: str = ""


@dataclass
class Case:
    blocks: dict[str, list[str]] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def lines(self, block: str) -> list[str]:
        return self.blocks.get(block, [])

    def text(self, block: str) -> str:
        return "".join(line + "\n" for line in self.lines(block))

    def on_machine(self, trait: str) -> bool:
        return trait in self.lines("machine")


def read_case(path: Path) -> Case:
    case = Case()
    owned: list[str] | None = None
    for number, line in enumerate(declarations(path), 1):
        if owned is not None and line.startswith("  "):
            owned.append(line[2:])
            continue
        owned = start_of_block(case, line)
        if owned is None and re.fullmatch(r"\S.*:", line) and " " not in line:
            raise ValueError(f"{path}:{number}: '{line}' is no directive")
    check_whole(case, path)
    return case


def declarations(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    if path.suffix == ".case":
        return lines
    comment = []
    for line in lines:
        if not line.startswith("//"):
            break
        comment.append(line[3:])
    return comment


def start_of_block(case: Case, line: str) -> list[str] | None:
    if outcome := OUTCOME.fullmatch(line):
        return OutputLines(add_outcome(case, outcome))
    if line.endswith(":") and line[:-1] in BLOCKS:
        return case.blocks.setdefault(line[:-1], [])
    return None


def add_outcome(case: Case, match: re.Match[str]) -> Outcome:
    outcome = Outcome(status=f"exit {match[2]}" if match[2] else f"killed by {match[3]}")
    for run in match[1].split(" or "):
        case.outcomes[run] = outcome
    return outcome


class OutputLines(list[str]):
    """Sorts the lines below an outcome into its outputs."""

    def __init__(self, outcome: Outcome):
        super().__init__()
        self.outcome = outcome

    def append(self, line: str) -> None:
        if line.startswith("2> "):
            self.outcome.stderr += line[3:] + "\n"
        elif line.startswith("log> "):
            self.outcome.log += line[5:] + "\n"
        else:
            self.outcome.stdout += line + "\n"


def check_whole(case: Case, path: Path) -> None:
    missing = {"with the shim", "without it"} - case.outcomes.keys()
    if missing:
        raise ValueError(f"{path}: nothing is said about the run {' and '.join(missing)}")
    unknown = set(case.lines("machine")) - MACHINE
    if unknown:
        raise ValueError(f"{path}: no such machine: {', '.join(unknown)}")
