# SPDX-License-Identifier: Apache-2.0
"""The library from each compiler that is installed and from those of Debian's next release: its file is
read, and a program has it preloaded."""

import os
import pathlib
import platform
import re
import shutil
import subprocess

import archive
import cells
import toolbox
import witness
from cases import expect

HERE = pathlib.Path(__file__).parent.resolve()
READS_FILE = HERE.parent / "preload/library_file.py"
COMPILERS = [("gcc", "g++", range(12, 20)), ("clang", "clang++", range(14, 26))]
NEXT = "forky"


def put_next_releases_on_path(case):
    """Every GCC of it from 12 on, and its newest Clang, but for those that are here."""
    source = case.archive(NEXT, "amd64")
    with source.alone():
        source.update()
        names = source.apt("apt-cache", "pkgnames").split()
    versions = {package: sorted(int(found[1]) for name in names
                                if (found := re.fullmatch(rf"{re.escape(package)}-(\d\d)", name)))
                for package in ("g++", "clang")}
    packages, programs = ["libc6-dev"], []
    for c, cxx, package, wanted in (("gcc", "g++", "g++", versions["g++"]),
                                    ("clang", "clang++", "clang", versions["clang"][-1:])):
        for version in wanted:
            if version >= 12 and not shutil.which(f"{cxx}-{version}"):
                packages.append(f"{package}-{version}")
                programs += [f"{c}-{version}", f"{cxx}-{version}"]
    if programs:
        toolbox.put_on_path(case.cache, NEXT, "compilers", packages, programs)


def installed():
    """(C compiler, C++ compiler) by version."""
    for c, cxx, versions in COMPILERS:
        for version in versions:
            if shutil.which(f"{cxx}-{version}"):
                yield f"{c}-{version}", f"{cxx}-{version}"


def build(case, c, cxx, *options):
    folder = case.scratch / c
    environment = {**os.environ, "CC": c, "CXX": cxx}
    archive.run("meson", "setup", folder, HERE.parents[1], "-Dcli=false", "-Dtests=false", "-Dwerror=true",
                *options, env=environment)
    archive.run("meson", "compile", "-C", folder, "sealwax", env=environment)
    return folder / "src/shim/libsealwax.so"


def run_preloaded(program, library):
    ended = subprocess.run([program], capture_output=True, text=True, check=False,
                           env={"LD_PRELOAD": str(library)})
    return [*(ended.stdout + ended.stderr).splitlines(), f"status {ended.returncode}"]


def each_compiler(case):
    tells, counts = witness.build_programs(case.scratch)
    put_next_releases_on_path(case)
    names = list(installed())
    if {c.split("-")[0] for c, _ in names} != {"gcc", "clang"}:
        raise AssertionError(f"there are only these compilers: {names}")
    for c, cxx in names:
        library = build(case, c, cxx)
        archive.run(READS_FILE, library, case.faulty)
        expect(c, run_preloaded(tells, library), witness.SEALED)
        version = archive.run(cxx, "--version").splitlines()[0]
        cells.record(case.cells, cells.Cell(
            "compiler", c.replace("-", " "), version, f"the library's file, start-up, a late load "
            f"(Linux {platform.release()})", int(run_preloaded(counts, library)[0]), 0))
        print(version)


CASES = {"compilers": each_compiler}
