#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one test program under the shim and without it, and compares status, standard output and
standard error of both runs, to the byte, with what the test declares (see case_file.py).

Each run has an empty working directory, no limit on core files, and must leave nothing there.
Exit status: 0 as declared, 1 not as declared, 77 this machine cannot run it.
"""

import argparse
import difflib
import functools
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A run as root may leave nothing in the source tree.
sys.dont_write_bytecode = True

import machine  # noqa: E402
from case_file import Case, Outcome, read_case  # noqa: E402

PATIENCE = 120


@dataclass
class Bench:
    """Where the two runs of a case happen."""

    case: Case
    program: Path
    shim: Path
    libraries: Path
    filter_tool: Path
    report_reader: Path
    loader: str
    scratch: Path
    nm: str = "nm"

    def named(self, text: str, shim: str) -> str:
        return (text.replace("@shim@", shim)
                    .replace("@program@", str(self.program))
                    .replace("@libraries@", str(self.libraries))
                    .replace("@scratch@", str(self.scratch)))


def main() -> int:
    options = parse_arguments()
    case = read_case(options.case)
    if machine.needs_root(case) and not machine.is_private():
        return machine.run_again_in_private_mounts()
    if case.on_machine("may raise limits") and not machine.has_right_to_raise_limits():
        print("skipped: nobody here may raise a hard limit (CAP_SYS_RESOURCE)")
        return machine.SKIPPED
    if case.on_machine("has uprobes") and not machine.has_uprobes():
        print("skipped: nobody here may set a uprobe (CONFIG_UPROBE_EVENTS, CAP_PERFMON)")
        return machine.SKIPPED
    lift_core_limit()
    with tempfile.TemporaryDirectory(prefix="sealwax-test-") as scratch:
        bench = make_bench(options, case, Path(scratch))
        with machine.arranged(bench):
            verdicts = [check(bench, run) for run in ("without it", "with the shim")]
    return 0 if all(verdicts) else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path, help="the .c or .case file with the declarations")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--shim", type=Path, required=True)
    parser.add_argument("--libraries", type=Path, required=True,
                        help="the directory for LD_LIBRARY_PATH")
    parser.add_argument("--filter-tool", type=Path, required=True)
    parser.add_argument("--report-reader", type=Path, required=True)
    parser.add_argument("--loader", required=True, help="the path of ld.so")
    options = parser.parse_args()
    # Lets a reader see each test fail: an empty library here is no shim at all.
    options.shim = Path(os.environ.get("SEALWAX_TEST_SHIM", options.shim)).absolute()
    return options


def make_bench(options: argparse.Namespace, case: Case, scratch: Path) -> Bench:
    scratch.chmod(0o755)
    return Bench(case=case, program=options.program.absolute(), shim=options.shim,
                 libraries=options.libraries.absolute(), filter_tool=options.filter_tool.absolute(),
                 report_reader=options.report_reader.absolute(), loader=options.loader,
                 scratch=scratch)


def lift_core_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def check(bench: Bench, run: str) -> bool:
    directory = bench.scratch / run.replace(" ", "-")
    directory.mkdir()
    directory.chmod(0o777)
    outcome = perform(bench, directory, under_shim=run == "with the shim")
    wanted = bench.case.outcomes[run]
    left = sorted(entry.name for entry in directory.iterdir())
    names = Names(outcome.stdout)
    complaints = [
        *difference("status", wanted.status + "\n", outcome.status + "\n"),
        *difference("stdout", wanted.stdout, normal(bench, names, names.stdout)),
        *difference("stderr", names.replace_in(wanted.stderr), normal(bench, names, outcome.stderr)),
        *difference("journal", wanted.log, normal(bench, names, outcome.log)),
        *unreadable_reports(bench, outcome),
        *difference("files left behind", bench.case.text("leaves"),
                    "".join(name + "\n" for name in left)),
    ]
    print(f"{run}: {'not as declared' if complaints else 'as declared'}")
    for complaint in complaints:
        print("  " + complaint)
    return not complaints


def perform(bench: Bench, directory: Path, under_shim: bool) -> Outcome:
    machine.fill_journal(bench.case)
    environment = environment_of(bench, under_shim)
    process = subprocess.Popen(command_of(bench, environment), env=environment, cwd=directory,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, errors="backslashreplace",
                               start_new_session=True, **machine.identity(bench.case),
                               **machine.limits(bench.case))
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
        status = status_text(process.returncode)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        status = f"still running after {PATIENCE} seconds"
    return Outcome(status, stdout, stderr, machine.journal_lines(bench.scratch))


def environment_of(bench: Bench, under_shim: bool) -> dict[str, str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": str(bench.libraries),
    }
    by_file = bench.case.on_machine("preloaded by /etc/ld.so.preload")
    if by_file:
        machine.write_preload_file(bench.shim if under_shim else None)
    elif under_shim:
        environment["LD_PRELOAD"] = ":".join(str(copy) for copy in machine.copies_of_shim(bench))
    if bench.case.lines("policy") or bench.case.on_machine("policy is a pipe"):
        environment["SEALWAX_POLICY"] = str(bench.scratch / "policy.conf")
    for line in bench.case.lines("environment"):
        name, equals, value = line.partition("=")
        environment.pop(name, None)
        if equals:
            environment[name] = bench.named(value, str(bench.shim) if under_shim else "")
    return environment


def command_of(bench: Bench, environment: dict[str, str]) -> list[str]:
    arguments = [bench.named(line, str(bench.shim)) for line in bench.case.lines("arguments")]
    command = [str(bench.program), *arguments]
    if bench.case.on_machine("started through ld.so"):
        command = [bench.loader, *command]
    rules = bench.case.lines("filter")
    if not rules and not bench.case.on_machine("first process"):
        return command
    # The tools themselves run without the shim: what they start is under a filter, or the first
    # process, from the beginning.
    moved = [f"{name}={environment.pop(name)}" for name in list(environment)
             if name in ("LD_PRELOAD", "SEALWAX_POLICY")]
    if rules:
        command = [str(bench.filter_tool), *rules, "--", *moved, *command]
    if bench.case.on_machine("first process"):
        command = ["unshare", "--pid", "--fork", "env", *moved, *command]
    return command


def status_text(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


class Names:
    """What a program calls numbers that differ from run to run: it prints `let NAME = 0x...`, and
    outputs then have @NAME@ in that number's place, and so has what is declared: a page of 16 KiB is the number
    of some flag."""

    def __init__(self, stdout: str):
        pattern = re.compile(r"^let (\S+) = (0x[0-9a-f]+)\n", re.MULTILINE)
        self.by_number = {number: name for name, number in pattern.findall(stdout)}
        self.stdout = pattern.sub("", stdout)

    def replace_in(self, text: str) -> str:
        return re.sub(r"\b0x[0-9a-f]+\b", self.name_of, text)

    def name_of(self, number: re.Match[str]) -> str:
        name = self.by_number.get(number[0])
        return number[0] if name is None else f"@{name}@"


def normal(bench: Bench, names: Names, text: str) -> str:
    """The text without what differs between machines and runs."""
    text = names.replace_in(text)
    text = re.sub(r"(?<=caller=|CALLER=)([^\s+]+)\+(0x[0-9a-f]+)", lambda at: name_caller(bench, at), text)
    text = text.replace(str(bench.program), "@program@").replace(str(bench.scratch), "@scratch@")
    text = text.replace(str(bench.shim), "@shim@").replace(str(bench.libraries), "@libraries@")
    return re.sub(r"(\b(?:time|pid)|_(?:TIME|PID))=\d+", r"\1=@", text)


def name_caller(bench: Bench, place: re.Match[str]) -> str:
    """`OBJECT:FUNCTION` for a place in the program or in one of the tests' libraries."""
    path = bench.program if place[1] == bench.program.name else bench.libraries / place[1]
    if not path.exists():
        return place[0]
    for start, size, name in functions_of(path, bench.nm):
        # A return address lies behind a call, at the end of the function where that never returns.
        if start < int(place[2], 16) <= start + size:
            return f"{place[1]}:{name}"
    return place[0]


@functools.cache
def functions_of(path: Path, nm: str) -> list[tuple[int, int, str]]:
    """Offset, size and name of each, without the suffix that a compiler gives to its copies."""
    listing = subprocess.run([nm, "--defined-only", "--print-size", str(path)],
                             capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tT] ([^\s.]+)", listing, re.MULTILINE)
    return [(int(start, 16), int(size, 16), name) for start, size, name in rows]


def unreadable_reports(bench: Bench, outcome: Outcome) -> list[str]:
    """What the reader of reports has against those in the outputs; they are all to be read back."""
    reports = re.findall(r"^(?:<\d+>sealwax: |MESSAGE=)?(sealwax-report.*\n)", outcome.stderr + outcome.log,
                         re.MULTILINE)
    read = subprocess.run([str(bench.report_reader)], input="".join(reports), text=True,
                          capture_output=True, check=False)
    return difference("reports, read back", "".join(reports), read.stdout + read.stderr)


def difference(what: str, wanted: str, got: str) -> list[str]:
    if wanted == got:
        return []
    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "declared", "seen",
                                 lineterm="", n=100)
    return [what + ":", *("  " + line for line in list(lines)[3:])]


if __name__ == "__main__":
    sys.exit(main())
