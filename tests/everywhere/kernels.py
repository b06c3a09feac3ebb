# SPDX-License-Identifier: Apache-2.0
"""Kernels of Debian's releases, one that seals the vdso group itself, and the one that runs here: on each a
program bare and preloaded, and what the tool says there."""

import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import typing

import cells
import guest
import sealing_kernel
import witness
from cases import expect, split_at_markers

HERE = pathlib.Path(__file__).parent.resolve()
GCONV = pathlib.Path("/usr/lib/x86_64-linux-gnu/gconv")

# What is run, in the folder `at`.
SCRIPT = """
echo "=== bare"
{at}/witness 2>&1; echo "status $?"
echo "=== preloaded"
LD_PRELOAD={library} {at}/witness 2>&1; echo "status $?"
echo "=== doctor"
{at}/sealwax doctor --json
echo "=== status"
mkfifo {at}/never
LD_PRELOAD={library} {at}/cat {at}/never & pid=$!
sleep 1
{at}/sealwax status --json $pid 2>&1
kill $pid
""" + witness.COUNTS


class Expected(typing.NamedTuple):
    """Of a kernel."""

    seals: bool = True
    seals_vdso: bool = False  # by itself, before a program starts

    @property
    def bare(self):
        return [line.replace("none sealed", "some sealed") if self.seals_vdso else line
                for line in witness.UNSEALED]

    @property
    def doctor(self):
        if self.seals_vdso:
            return "the kernel seals vdso and vvar before a program starts"
        return "the kernel leaves vdso and vvar open; the library seals them"


def prepare_root(case, source):
    """With this machine's C library, which the programs that are built here need."""
    root = guest.root_with_busybox(source, case.scratch)
    shutil.copy(case.library, root / "libsealwax.so")
    for program in witness.build_programs(case.scratch):
        guest.add_program(root, str(program))
        shutil.move(root / str(program).lstrip("/"), root / program.name)
    for path, name in ((case.tool, "sealwax"), (pathlib.Path("/bin/cat"), "cat")):
        guest.add_program(root, str(path))
        shutil.copy(path.resolve(), root / name)
    (root / GCONV.relative_to("/")).mkdir(parents=True)
    for name in ("UTF-16.so", "gconv-modules.cache"):
        shutil.copy(GCONV / name, root / GCONV.relative_to("/"))
    return root


def doctor_says(parts, name):
    checks = [check for check in json.loads("\n".join(parts["doctor"]))["checks"]
              if check["check"] == name]
    return checks[0]


def check(parts, expected):
    expect("bare", parts["bare"], expected.bare)
    expect("preloaded", parts["preloaded"], witness.SEALED if expected.seals else expected.bare)
    mseal = doctor_says(parts, "mseal")
    expect("doctor on mseal", [str(mseal["ok"])], [str(expected.seals)])
    expect("doctor on vdso", [doctor_says(parts, "system mappings")["fact"]], [expected.doctor])
    vdso = json.loads("\n".join(parts["status"]))["processes"][0]["regions"]["vdso"]
    wanted = vdso["mappings"] if expected.seals else 0
    expect("status on vdso", [str(vdso["sealed_mappings"])], [str(wanted)])


def boot(case, kernel, name, source, expected, ran, leave="poweroff"):
    script = SCRIPT.format(at="", library="/libsealwax.so")
    parts = split_at_markers(guest.boot("amd64", kernel, prepare_root(case, source), script, case.scratch,
                                        seconds=300, leave=leave))
    check(parts, expected)
    cells.record_guest(case.cells, "kernel", name, ran, parts)


def of_release(suite, name, expected=Expected()):
    def case_for_kernel(case):
        kernel = guest.kernel_of(case.archive(suite, "amd64"), case.scratch)
        # Backports have the kernel and not the rest.
        source = case.archive(suite.removesuffix("-backports"), "amd64")
        boot(case, kernel, name, source, expected, "start-up, late loads, RELRO, vdso; doctor, status")

    return case_for_kernel


def that_seals_vdso(case):
    """Debian's source with CONFIG_MSEAL_SYSTEM_MAPPINGS, which Debian's own kernels cannot have: it
    takes a kernel without CONFIG_CHECKPOINT_RESTORE."""
    source = case.archive("forky", "amd64")
    kernel = sealing_kernel.build(source, case.cache)
    boot(case, kernel, "with MSEAL_SYSTEM_MAPPINGS", source, Expected(seals_vdso=True),
         "what the kernel sealed is left, and doctor and status say so",
         leave="reboot")  # it cannot turn the machine off, which ends at a reboot too


def expected_here():
    release = tuple(int(number) for number in platform.release().split(".")[:2])
    vdso = re.search(r"\[vdso\]\n.*?^VmFlags:([^\n]*)", pathlib.Path("/proc/self/smaps").read_text(),
                     re.DOTALL | re.MULTILINE)
    return Expected(seals=release >= (6, 10), seals_vdso=bool(vdso) and "sl" in vdso[1].split())


def that_runs_here(case):
    witness.build_programs(case.scratch)
    for program in (case.tool, pathlib.Path("/bin/cat")):
        shutil.copy(program, case.scratch)
    script = SCRIPT.format(at=case.scratch, library=case.library)
    said = subprocess.run(["sh", "-c", script], env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    parts = split_at_markers(said.stdout.splitlines())
    check(parts, expected_here())
    cells.record_guest(case.cells, "kernel", "of the machine that tests", "start-up, late loads, RELRO, vdso; "
                       "doctor, status", parts)


CASES = {
    "kernel-here": that_runs_here,
    "kernel-bookworm": of_release("bookworm", "of Debian 12", Expected(seals=False)),
    "kernel-trixie": of_release("trixie", "of Debian 13"),
    "kernel-forky": of_release("forky", "of Debian's next release"),
    "kernel-backports": of_release("trixie-backports", "of Debian 13's backports"),
    "kernel-that-seals-vdso": that_seals_vdso,
}
