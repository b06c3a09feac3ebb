# SPDX-License-Identifier: Apache-2.0
"""C libraries of Debian's releases, run here: a program built for each, bare and preloaded."""

import os
import pathlib
import re
import shutil
import subprocess

import archive
import cells
import witness
from cases import expect

HERE = pathlib.Path(__file__).parent.resolve()
LOADS = HERE.parent / "preload/musl_threads_load_three_hundred_libraries.c"
OWN_RELRO = HERE.parent / "preload/musl_seals_its_own_relro.c"
CONSTRUCTED = HERE.parent / "preload/musl_library_is_sealed_before_its_initialisers.c"
TRIPLE = "x86_64-linux-gnu"
STARTS = 200
LOADER = "/lib64/ld-linux-x86-64.so.2"
# The loader puts onto large pages what is aligned to one.
ALIGNED = ("-Wl,-z,max-page-size=0x200000", "-Wl,-z,separate-code")
DEVELOPMENT = ("libc6", "libc6-dev", "linux-libc-dev")


def inside(root, environment):
    """What a command begins with that sees nothing but `root`."""
    settings = (word for name, value in environment.items() for word in ("--setenv", name, value))
    return ["bwrap", "--bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--clearenv", *settings, "--"]


def run(program, environment, preload=None, folder=None, root=None):
    """With a `root` the program lies at its top."""
    if preload:
        environment = {**environment, "LD_PRELOAD": str(preload)}
    command = [*inside(root, environment), f"/{program.name}"] if root else [program]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False, env=environment if not root else None, cwd=folder)
    return [*ended.stdout.splitlines(), f"status {ended.returncode}"]


def time_starts(case, counts, root):
    starts = (root or case.scratch) / "starts"
    witness.build_starts(starts)
    if root:
        return archive.run(*inside(root, {}), "/starts", str(STARTS), f"/{case.library.name}", f"/{counts.name}")
    return archive.run(starts, str(STARTS), case.library, counts)


def check_and_record(case, name, programs, environment, ran, root=None):
    """`programs` are those of witness.build_programs. They and the library lie at the top of `root`, where
    there is one."""
    tells, counts = programs
    library = f"/{case.library.name}" if root else case.library
    expect(f"{name}: bare", run(tells, environment, root=root), witness.UNSEALED)
    expect(f"{name}: preloaded", run(tells, environment, library, root=root), witness.SEALED)
    bare, preloaded = (int(run(counts, environment, preload, root=root)[0]) for preload in (None, library))
    cells.record(case.cells, cells.Cell("C library", name, f"Linux {os.uname().release}", ran, preloaded,
                                        bare, *map(int, time_starts(case, counts, root).split())))


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
            f"-Wl,--dynamic-linker={loader}", f"-Wl,-rpath={folder}", *(ALIGNED if tunables else ()))
        said = archive.run(loader, folder / "libc.so.6").splitlines()[0]
        name = "glibc " + re.search(r"release version (\d+\.\d+)", said)[1]
        # Modules come from the root too: those of another libc would not load.
        environment = {"GCONV_PATH": str(folder / "gconv")}
        if tunables:
            environment["GLIBC_TUNABLES"] = tunables
            name += f", {tunables}"
        check_and_record(case, name, programs, environment, "start-up, a late load, RELRO")

    return case_for_suite


LARGE_PAGES = "glibc.elf.thp"


def glibc_with_file(case):
    """The same by the file that ldconfig puts into the loader's cache."""
    root = archive.make_root(case.scratch / "root")
    source = case.archive("experimental", "amd64")
    _, folder = unpack_glibc(source, root)
    archive.unpack(source.package("libc-bin"), root)
    (root / "etc/tunables.conf").write_text(f"{LARGE_PAGES}=1\n")
    archive.run(*inside(root, {}), "/usr/sbin/ldconfig")
    tunables = archive.run(*inside(root, {}), LOADER, "--list-tunables").splitlines()
    expect("the tunable", [line for line in tunables if line.startswith(LARGE_PAGES)],
           [f"{LARGE_PAGES}: 1 (min: 0, max: 1)"])
    shutil.copy(case.library, root)
    programs = witness.build_programs(root, f"--sysroot={root}", f"-B{folder}", f"-L{folder}", *ALIGNED)
    version = archive.run(*inside(root, {}), LOADER, f"/usr/lib/{TRIPLE}/libc.so.6")
    name = re.search(r"release version (\d+\.\d+)", version)[1]
    check_and_record(case, f"glibc {name}, {LARGE_PAGES}=1 by /etc/tunables.conf", programs, {},
                     "start-up, a late load, RELRO", root)


def musl_program(case, source, loader):
    """One of preload/, for the release's loader."""
    program = case.scratch / source.stem
    archive.run("musl-gcc", "-O1", "-std=c11", "-D_GNU_SOURCE", f"-I{HERE.parent}/support",
                f"-I{HERE.parents[1]}/src", f"-Wl,--dynamic-linker={loader}", "-o", program, source)
    return program


def load_with_threads(case, loader):
    """musl's dlopen lets all threads in, and does not look at who calls it."""
    program = musl_program(case, LOADS, loader)
    environment = {"LD_LIBRARY_PATH": str(case.libraries)}
    for preload, sealed in ((None, 0), (case.library, 300)):
        expect("eight threads load 300 libraries", run(program, environment, preload, case.scratch),
               [f"300 libraries answer, RELRO of {sealed} is private and sealed", "status 0"])


def load_before_initialisers(case, loader):
    """What a library finds of itself in its constructor."""
    program = musl_program(case, CONSTRUCTED, loader)
    environment = {"LD_LIBRARY_PATH": str(case.libraries)}
    for preload, word, answer in ((None, "open", "done"), (case.library, "sealed", "EPERM")):
        said = run(program, environment, preload, case.scratch)
        found = [line for line in said if line.startswith("libmusl_") or "descriptor" in line]
        expect("constructors", found,
               [line for name in ("needed", "top", "nested", "inner")
                for line in (f"libmusl_{name}.so: {word}", f"  {answer}, descriptor 3")])


def keep_own_relro(case, loader):
    """That of libc, which is the loader too."""
    program = musl_program(case, OWN_RELRO, loader)
    environment = {"LD_LIBRARY_PATH": str(case.libraries)}
    for preload, opened, written in ((None, "done", "done"), (case.library, "EPERM", "EFAULT")):
        said = run(program, environment, preload, case.scratch)
        expect("libc's own RELRO", said[-2:],
               [f"the RELRO of libc: opened by mprotect {opened}, written {written}", "status 0"])


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
        load_before_initialisers(case, loader)
        keep_own_relro(case, loader)
        said = subprocess.run([loader], capture_output=True, text=True, check=False).stderr
        version = re.search(r"Version (\S+)", said)[1]
        check_and_record(case, f"musl {version}", programs, {},
                         "start-up, late loads before their constructors, RELRO, 300 libraries loaded by eight "
                         "threads")

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
    "glibc-large-pages": glibc("experimental", f"{LARGE_PAGES}=1"),
    "glibc-tunables-file": glibc_with_file,
}
