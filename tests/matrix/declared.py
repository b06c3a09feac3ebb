# SPDX-License-Identifier: Apache-2.0
"""The tests that declare in their own file what they print, built for another machine and run in a
guest: bare and preloaded, held against what they declare as tests/support/run_case.py does here."""

import base64
import dataclasses
import json
import pathlib
import re
import shlex
import shutil
import signal
import sys

import archive

SUPPORT = pathlib.Path(__file__).resolve().parents[1] / "support"
sys.path.append(str(SUPPORT))
import case_file  # noqa: E402
import run_case  # noqa: E402

SHIM = "/tests/libsealwax.so"
RUNS = ("without it", "with the shim")
# Of what can be unusual around a program a guest's shell can arrange these.
ARRANGED = {"setuid root", "preloaded by /etc/ld.so.preload"}


@dataclasses.dataclass
class Declared:
    name: str
    program: pathlib.Path  # from the build folder
    case: case_file.Case

    def runs_in_a_guest(self):
        return (set(self.case.lines("machine")) <= ARRANGED
                and not any(outcome.log for outcome in self.case.outcomes.values()))


def all_of(build):
    """Every test of the build folder that declares something, by its name."""
    found = {}
    for test in json.loads(archive.run("meson", "introspect", "--tests", build)):
        command = test["cmd"]
        if command[0].endswith("run_case.py"):
            program = pathlib.Path(command[command.index("--program") + 1])
            case = case_file.read_case(pathlib.Path(command[1]))
            found[test["name"]] = Declared(test["name"], program, case)
    return found


def compile_into(root, build, tests):
    """The programs, the libraries of all of them, and what puts a filter on them."""
    libraries = [path for path in archive.run("ninja", "-C", build, "-t", "targets", "all").splitlines()
                 if "unusual" not in path and re.match(r"tests/preload/(plugins/(of_library/)?)?lib\w+\.so(\.2)?: c_LINKER", path)]
    files = {str(test.program) for test in tests} | {path.split(":")[0] for path in libraries}
    files |= {"tests/preload/under_filter"}
    archive.run("ninja", "-C", build, *sorted(files))
    for name in sorted(files):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(build / name, root / name)


def bench_of(test, build, scratch, nm="nm"):
    tests = pathlib.Path(build) / "tests"
    return run_case.Bench(
        case=test.case, program=pathlib.Path(build) / test.program, shim=pathlib.Path(SHIM),
        libraries=tests / "preload", filter_tool=tests / "preload/under_filter",
        report_reader=pathlib.Path(), loader="", scratch=scratch, nm=nm)


def lines_of_run(test, run):
    """What a guest's shell does for one run."""
    scratch = pathlib.Path("/scratch") / test.name
    bench = bench_of(test, "/", scratch)
    case, under_shim = test.case, run == "with the shim"
    by_file = case.on_machine("preloaded by /etc/ld.so.preload")
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": "/tests/preload"}
    if under_shim and not by_file:
        environment["LD_PRELOAD"] = SHIM
    if case.lines("policy"):
        environment["SEALWAX_POLICY"] = str(scratch / "policy.conf")
    for line in case.lines("environment"):
        name, equals, value = line.partition("=")
        environment.pop(name, None)
        if equals:
            environment[name] = bench.named(value, SHIM if under_shim else "")
    command = ["/bin/timeout", "100", *run_case.command_of(bench, environment)]
    as_whom = ["/as_nobody"] if case.on_machine("setuid root") else []
    words = shlex.join([*as_whom, "/bin/env", "-i", *(f"{k}={v}" for k, v in environment.items()), *command])
    return f"""
mkdir -p {scratch}/here; chmod 777 {scratch}/here; cd {scratch}/here
{write(scratch / "policy.conf", bench.named(case.text("policy"), SHIM))}
{write("/etc/sealwax/policy.conf", case.text("/etc/sealwax/policy.conf"))}
{f'chmod 4755 {bench.program}' if as_whom else ''}
{f'echo {SHIM} > /etc/ld.so.preload' if by_file and under_shim else ''}
{words} </dev/null >/out 2>/err; status=$?
rm -f /etc/ld.so.preload /etc/sealwax/policy.conf
echo "=== {test.name}, {run}"; echo "status $status"; ls; echo "--- out"; base64 /out; echo "--- err"; base64 /err
cd /; rm -rf {scratch}
"""


def write(path, text):
    return f"printf %s {shlex.quote(text)} > {path}" if text else ""


def script_of(tests):
    """For a guest that has busybox's applets in /bin, and `as_nobody`."""
    return "mkdir -p /etc/sealwax\n" + "".join(lines_of_run(test, run) for test in tests for run in RUNS)


def status_of(line):
    code = int(line.removeprefix("status "))
    return f"killed by {signal.Signals(code - 128).name}" if code > 128 else f"exit {code}"


def outcome_of(lines):
    """What a run was, and the files that it left."""
    begin, out, err = lines.index(next(l for l in lines if l.startswith("status "))), \
        lines.index("--- out"), lines.index("--- err")
    decoded = [base64.b64decode("".join(part)).decode(errors="backslashreplace")
               for part in (lines[out + 1:err], lines[err + 1:])]
    return case_file.Outcome(status_of(lines[begin]), *decoded), lines[begin + 1:out]


def complaints_about(test, run, lines, build, nm, unlike):
    """What differs from what the test declares. `unlike(line)` tells lines that cannot be the same
    on this architecture."""
    bench = bench_of(test, build, pathlib.Path("/scratch") / test.name, nm)
    outcome, left = outcome_of(lines)
    wanted = test.case.outcomes[run]
    names = run_case.Names(outcome.stdout)

    def alike(text):
        return "".join(line for line in text.splitlines(keepends=True) if not unlike(line))

    def normal(text):
        text = re.sub(r"/tests/(?!libsealwax)", f"{build}/tests/", text)
        return alike(run_case.normal(bench, names, text))

    return [
        *run_case.difference("status", wanted.status + "\n", outcome.status + "\n"),
        *run_case.difference("stdout", alike(wanted.stdout), normal(names.stdout)),
        *run_case.difference("stderr", names.replace_in(alike(wanted.stderr)), normal(outcome.stderr)),
        *run_case.difference("files left behind", test.case.text("leaves"),
                             "".join(name + "\n" for name in left)),
    ]


def check(tests, parts, build, nm, unlike):
    """All that is not as declared. `parts` is what the guest said, by title."""
    complaints = []
    for test in tests:
        for run in RUNS:
            title = f"{test.name}, {run}"
            found = (complaints_about(test, run, parts[title], build, nm, unlike) if title in parts
                     else ["it did not run"])
            complaints += [title, *("  " + line for line in found)] if found else []
    return complaints
