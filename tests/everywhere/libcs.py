# SPDX-License-Identifier: Apache-2.0
"""C libraries of Debian's releases, run here: a program built for each, bare and preloaded."""

import os
import pathlib
import re
import subprocess

import archive
import cells
import witness
from cases import expect

HERE = pathlib.Path(__file__).parent.resolve()
LOADS = HERE.parent / "preload/musl_threads_load_three_hundred_libraries.c"
TRIPLE = "x86_64-linux-gnu"
STARTS = 200
DEVELOPMENT = ("libc6", "libc6-dev", "linux-libc-dev")


def run(program, environment, preload=None, folder=None):
    if preload:
        environment = {**environment, "LD_PRELOAD": str(preload)}
    ended = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False, env=environment, cwd=folder)
    return [*ended.stdout.splitlines(), f"status {ended.returncode}"]


def check_and_record(case, name, programs, environment, ran):
    """`programs` are those of witness.build_programs."""
    tells, counts = programs
    expect(f"{name}: bare", run(tells, environment), witness.UNSEALED)
    expect(f"{name}: preloaded", run(tells, environment, case.library), witness.SEALED)
    bare, preloaded = (int(run(counts, environment, preload)[0]) for preload in (None, case.library))
    starts = case.scratch / "starts"
    witness.build_starts(starts)
    times = archive.run(starts, str(STARTS), case.library, counts).split()
    cells.record(case.cells, cells.Cell("C library", name, f"Linux {os.uname().release}", ran, preloaded,
                                        bare, *map(int, times)))


def unpack_glibc(source, root):
    """The paths of its loader and of its folder."""
    for name in DEVELOPMENT:
        archive.unpack(source.package(name), root)
    folder = root / f"usr/lib/{TRIPLE}"
    link = root / "lib64/ld-linux-x86-64.so.2"
    if (target := link.readlink()).is_absolute():  # before Debian 13
        link.unlink()
        link.symlink_to(f"{root}{target}")
    return folder / link.name, folder


def glibc(suite, tunables=None):
    """The programs name the other libc's loader as their interpreter, so they are run as any is. They
    are linked with that release's C library, for a newer one has symbols that an older one lacks."""
    def case_for_suite(case):
        root = archive.make_root(case.scratch / "root")
        loader, folder = unpack_glibc(case.archive(suite, "amd64"), root)
        programs = witness.build_programs(
            case.scratch, f"--sysroot={root}", f"-B{folder}", f"-L{folder}",
            f"-Wl,--dynamic-linker={loader}", f"-Wl,-rpath={folder}")
        said = archive.run(loader, folder / "libc.so.6").splitlines()[0]
        name = "glibc " + re.search(r"release version (\d+\.\d+)", said)[1]
        # Modules come from the root too: those of another libc would not load.
        environment = {"GCONV_PATH": str(folder / "gconv")}
        if tunables:
            environment["GLIBC_TUNABLES"] = tunables
            name += f", {tunables}"
        check_and_record(case, name, programs, environment, "start-up, a late load, RELRO")

    return case_for_suite


def load_with_threads(case, loader):
    """musl's dlopen lets all threads in, and does not look at who calls it."""
    program = case.scratch / LOADS.stem
    archive.run("musl-gcc", "-O1", "-std=c11", "-D_GNU_SOURCE", f"-I{HERE.parent}/support",
                f"-I{HERE.parents[1]}/src", f"-Wl,--dynamic-linker={loader}", "-o", program, LOADS)
    environment = {"LD_LIBRARY_PATH": str(case.libraries)}
    for preload, sealed in ((None, 0), (case.library, 300)):
        expect("eight threads load 300 libraries", run(program, environment, preload, case.scratch),
               [f"300 libraries answer, RELRO of {sealed} is private and sealed", "status 0"])


def musl(suite):
    """Built by this machine's musl-gcc, which is an old one's, and run by the release's."""
    def case_for_suite(case):
        source = case.archive(suite, "amd64")
        root = archive.make_root(case.scratch / "root")
        archive.unpack(source.package("musl"), root)
        loader = root / "lib/ld-musl-x86_64.so.1"
        programs = witness.build_programs(case.scratch, f"-Wl,--dynamic-linker={loader}",
                                          compiler="musl-gcc")
        load_with_threads(case, loader)
        said = subprocess.run([loader], capture_output=True, text=True, check=False).stderr
        version = re.search(r"Version (\S+)", said)[1]
        check_and_record(case, f"musl {version}", programs, {},
                         "start-up, RELRO, 300 libraries loaded by eight threads")

    return case_for_suite


CASES = {
    "musl-bookworm": musl("bookworm"),
    "musl-trixie": musl("trixie"),
    "musl-forky": musl("forky"),
    "glibc-bullseye": glibc("bullseye"),
    "glibc-bookworm": glibc("bookworm"),
    "glibc-trixie": glibc("trixie"),
    "glibc-forky": glibc("forky"),
    "glibc-experimental": glibc("experimental"),
    "glibc-large-pages": glibc("experimental", "glibc.elf.thp=1"),
}
