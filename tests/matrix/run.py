#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the shim where this machine is not: other libcs, kernels and architectures.

    run.py --library LIBSEALWAX --cache FOLDER --filter-tool UNDER_FILTER --contract CONTRACT CASE

CASE is one of CASES. Packages come from the mirror of this machine's apt and are kept in the cache.
"""

import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

import architectures
import archive
import cases
import cells
import guest
import outside
import witness
from cases import expect, split_at_markers
from witness import SEALED, UNSEALED

HERE = pathlib.Path(__file__).parent.resolve()
SOURCE = HERE.parents[1]


class Case:
    def __init__(self, options, scratch):
        self.library = options.library
        self.cache = options.cache
        self.filter_tool = options.filter_tool
        self.contract = options.contract
        self.scratch = scratch

    @property
    def cells(self):
        return self.cache.parent / "cells"

    def archive(self, suite, architecture):
        return archive.Archive(self.cache, suite, architecture)

    def cross_build(self):
        """The shim for aarch64, with warnings as errors, built here."""
        folder = self.cache / "aarch64"
        options = ["--cross-file", HERE / "aarch64.ini", "-Dcli=false", "-Dtests=false", "-Dwerror=true"]
        if not (folder / "build.ninja").exists():
            archive.run("meson", "setup", folder, SOURCE, *options)
        archive.run("meson", "compile", "-C", folder)
        return folder / "src/shim/libsealwax.so"


def aarch64_build(case):
    built = case.cross_build()
    notes = archive.run("aarch64-linux-gnu-readelf", "-nW", built)
    for property_name in ("BTI", "PAC"):
        if not re.search(rf"AArch64 feature:.*\b{property_name}\b", notes):
            raise AssertionError(f"no {property_name} note:\n{notes}")
    dynamic = archive.run("aarch64-linux-gnu-readelf", "-dW", built)
    for wanted in ("INITFIRST", "NODELETE", "NOW"):
        if wanted not in dynamic:
            raise AssertionError(f"{wanted} is not set:\n{dynamic}")
    if "(NEEDED)" in dynamic or "(TEXTREL)" in dynamic:
        raise AssertionError(f"it needs a library, or has text relocations:\n{dynamic}")


CONTRACT_SCRIPT = """
echo "=== contract"
/contract 2>&1; echo "status $?"
"""


def expect_contract(lines):
    """Of the terms that this kernel knows each is kept, and all have been looked at."""
    count = int(lines[1].removeprefix("1.."))
    terms = [line for line in lines if re.match(r"(not )?ok \d+ ", line)]
    expect("broken terms", [line for line in terms if line.startswith("not ")], [])
    expect("terms and status", [len(terms), lines[-1]], [count, "status 0"])


def contract(case):
    """The kernels of Debian 13 and of its next release keep what Sealwax rests on."""
    later = {"trixie": ["no_guard_is_put_into_sealed_anonymous_memory"], "forky": []}
    for suite, unknown in later.items():
        scratch = case.scratch / suite
        scratch.mkdir()
        source = case.archive(suite, "amd64")
        root = guest.root_with_busybox(source, scratch)
        shutil.copy(case.contract, root / "contract")
        kernel = guest.kernel_of(source, scratch)
        print(kernel.relative_to(scratch))
        parts = split_at_markers(guest.boot("amd64", kernel, root, CONTRACT_SCRIPT, scratch))
        expect_contract(parts["contract"])
        skipped = [line.split()[2] for line in parts["contract"] if "# SKIP" in line]
        expect(f"what {suite}'s kernel does not have", skipped, unknown)


def witness_script():
    return """
echo "=== without the shim"
/witness 2>&1; echo "status $?"
echo "=== with the shim"
LD_PRELOAD=/libsealwax.so /witness 2>&1; echo "status $?"
"""


def aarch64_boot(case):
    built = case.cross_build()
    source = case.archive("trixie", "arm64")
    root = guest.root_with_busybox(source, case.scratch)
    archive.unpack(source.package("libc6"), root)
    shutil.copy(built, root / "libsealwax.so")
    witness.build_programs(root, compiler="aarch64-linux-gnu-gcc")
    archive.run(
        *("aarch64-linux-gnu-gcc", "-O1", "-static", "-o", root / "contract"),
        SOURCE / "tests/contract/contract.c",
    )
    kernel = guest.kernel_of(source, case.scratch)
    script = witness_script() + CONTRACT_SCRIPT + witness.COUNTS.format(at="", library="/libsealwax.so")
    parts = split_at_markers(guest.boot("arm64", kernel, root, script, case.scratch))
    expect_contract(parts["contract"])
    expect("bare", parts["without the shim"], UNSEALED)
    expect("preloaded", parts["with the shim"], SEALED)
    cells.record_guest(case.cells, "architecture", "aarch64", "start-up, a late load, RELRO", parts)
    # It takes a compiler that works for minutes.
    if os.environ.get("SEALWAX_MATRIX") == "all":
        outside.aarch64_outside(case, SOURCE, HERE / "aarch64.ini")


def foreign_build(name):
    def case_for_architecture(case):
        """Built with warnings as errors, and read as a loader would read it."""
        architectures.check_file(architectures.build(case.cache, architectures.ARCHITECTURES[name]))

    return case_for_architecture


def foreign_boot(name):
    def case_for_architecture(case):
        architecture = architectures.ARCHITECTURES[name]
        folder = architectures.build(case.cache, architecture)
        parts, complaints = architectures.boot(case, architecture, folder)
        expect_contract(parts["contract"])
        expect("bare", parts["without the shim"], UNSEALED)
        expect("preloaded", parts["with the shim"], SEALED)
        expect("tests that are not as they declare", complaints, [])
        ran = (f"{len(architectures.tests_of(architecture, folder))} of the library's own tests: attacks, late "
               "loads, RELRO, vdso, filters, AT_SECURE, refusals")
        cells.record_guest(case.cells, "architecture", architecture.title or name, ran, parts,
                           f", pages of {architecture.page_kib} KiB")

    return case_for_architecture


OLD_KERNEL_SCRIPT = """
for preload in "" /libsealwax.so; do
  echo "=== preload '$preload'"
  export LD_PRELOAD="$preload"
  /witness 2>&1; echo "status $?"
  /bin/bash -c 'for n in 1 2 3; do echo $((n * n)); done; exit 3' 2>&1; echo "status $?"
  /usr/bin/perl -e 'print join(" ", map { $_ ** 2 } 1 .. 5), "\\n"' 2>&1; echo "status $?"
  unset LD_PRELOAD
done
"""
OTHER_PROGRAMS = ["1", "4", "9", "status 3", "1 4 9 16 25", "status 0"]


def old_kernel(case):
    """Debian 12's own kernel knows no mseal: nothing is sealed, and nobody hears of it."""
    source = case.archive("bookworm", "amd64")
    root = guest.root_with_busybox(source, case.scratch)
    shutil.copy(case.library, root / "libsealwax.so")
    tells, _ = witness.build_programs(case.scratch)
    for program in (str(tells), "/bin/bash", "/usr/bin/perl"):
        guest.add_program(root, program)
    shutil.move(root / str(tells).lstrip("/"), root / "witness")
    gconv = pathlib.Path("/usr/lib/x86_64-linux-gnu/gconv")
    for name in ("UTF-16.so", "gconv-modules.cache"):
        (root / gconv.relative_to("/")).mkdir(parents=True, exist_ok=True)
        shutil.copy(gconv / name, root / gconv.relative_to("/"))
    shutil.copy(case.contract, root / "contract")
    kernel = guest.kernel_of(source, case.scratch)
    script = OLD_KERNEL_SCRIPT + CONTRACT_SCRIPT
    parts = split_at_markers(guest.boot("amd64", kernel, root, script, case.scratch))
    expect_contract(parts.pop("contract"))
    for title, lines in parts.items():
        expect(title, lines, UNSEALED + OTHER_PROGRAMS)
    expect("both ran", list(parts), ["preload ''", "preload '/libsealwax.so'"])


def run_witness(program, root, preload):
    """gconv modules come from the root too: those of another libc would not load."""
    environment = {"GCONV_PATH": str(root / "usr/lib/x86_64-linux-gnu/gconv")}
    if preload:
        environment["LD_PRELOAD"] = str(preload)
    ended = subprocess.run(
        [program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return [*ended.stdout.splitlines(), f"status {ended.returncode}"]


def other_glibc(suite):
    def case_for_suite(case):
        """The program names the other libc's loader as its interpreter, so it is run as any is."""
        root = archive.make_root(case.scratch / "root")
        archive.unpack(case.archive(suite, "amd64").package("libc6"), root)
        loader = root / "lib64/ld-linux-x86-64.so.2"
        folder = root / "usr/lib/x86_64-linux-gnu"
        program = case.scratch / "witness"
        archive.run(
            *("gcc", "-O1", "-o", program, HERE / "witness.c"),
            *(f"-Wl,--dynamic-linker={loader}", f"-Wl,-rpath={folder}"),
        )
        print(archive.run(loader, folder / "libc.so.6").splitlines()[0])
        expect("bare", run_witness(program, root, None), UNSEALED)
        expect("preloaded", run_witness(program, root, case.library), SEALED)

    return case_for_suite


def quickstart_without_mseal(case):
    """A filter's ENOSYS is all that a program can see of a kernel without mseal."""
    ended = subprocess.run(
        [case.filter_tool, "mseal=ENOSYS", "--", SOURCE / "scripts/quickstart"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    release = platform.release()
    said = (
        f"This kernel ({release}) has no mseal. It came with Linux 6.10: boot that or a later one."
    )
    expect("quickstart", [*ended.stdout.splitlines(), f"status {ended.returncode}"], [said, "status 2"])


CASES = {
    "aarch64-build": aarch64_build,
    "aarch64-boot": aarch64_boot,
    "contract": contract,
    **{f"{name}-build": foreign_build(name) for name in architectures.ARCHITECTURES},
    **{f"{name}-boot": foreign_boot(name) for name in architectures.ARCHITECTURES},
    "old-kernel": old_kernel,
    "glibc-trixie": other_glibc("trixie"),
    "glibc-forky": other_glibc("forky"),
    "quickstart-without-mseal": quickstart_without_mseal,
}


sys.exit(cases.main(__doc__, CASES, Case, ("library", "filter-tool", "contract")))
