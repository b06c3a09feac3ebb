# SPDX-License-Identifier: Apache-2.0
"""Programs and libraries by every linker and in every layout that it can be asked for, attacked bare and
preloaded."""

import json
import pathlib
import platform
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass

import archive
import cells
from cases import expect

SOURCE = pathlib.Path(__file__).parent.resolve() / "layout.c"


@dataclass(frozen=True)
class Layout:
    name: str
    options: str = ""
    compiler: str = "gcc"
    linker: str = "ld"
    # Of the program and the two libraries, in place of the address that the loader chooses.
    addresses: tuple = ()
    section_headers: bool = True
    shows: str = ""  # an expression that readelf's words on each file match, or the linker knows no such layout


LAYOUTS = [
    Layout("GNU ld"),
    Layout("lld", "-fuse-ld=lld", linker="ld.lld"),
    Layout("mold", "-fuse-ld=mold", linker="ld.mold"),
    Layout("LTO by GCC", "-flto"),
    Layout("LTO by Clang", "-flto -fuse-ld=lld", "clang", "ld.lld"),
    Layout("relative relocations packed (RELR)", "-Wl,-z,pack-relative-relocs",
           shows=r"\(RELR\)"),
    Layout("no word on the stack", "-fuse-ld=lld -Wl,-z,nognustack", linker="ld.lld",
           shows=r"\A(?!.*GNU_STACK)"),
    Layout("no section headers", section_headers=False,
           shows=r"Number of section headers: +0\n"),
    Layout("addresses of their own, as prelinked", addresses=(0x10000000, 0x20000000, 0x30000000)),
    Layout("constants with the code", "-Wl,-z,noseparate-code",
           shows=r"LOAD +0x0+ \S+ \S+ \S+ \S+ R E"),
    Layout("aligned to 64 KiB", "-Wl,-z,max-page-size=0x10000 -Wl,-z,separate-code",
           shows=r"LOAD [^\n]* 0x10000\n"),
    Layout("aligned to 2 MiB", "-Wl,-z,max-page-size=0x200000 -Wl,-z,separate-code",
           shows=r"LOAD [^\n]* 0x200000\n"),
]
PARTS = ("program", "linked", "late")


def remove_section_headers(path):
    """As sstrip does: neither kernel nor loader reads them."""
    image = bytearray(path.read_bytes())
    begin, = struct.unpack_from("<Q", image, 40)
    struct.pack_into("<Q", image, 40, 0)
    struct.pack_into("<HH", image, 60, 0, 0)
    path.write_bytes(image[:begin])


def build(layout, folder):
    """The program and its libraries; returns the program's path."""
    def compile_part(output, number, *options):
        at = [f"-Wl,-Ttext-segment={layout.addresses[number]:#x}"] if layout.addresses else []
        archive.run(layout.compiler, "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wl,-z,relro,-z,now",
                    *layout.options.split(), *at, "-o", folder / output, SOURCE, *options)

    for number, name in enumerate(PARTS[1:], 1):
        compile_part(f"lib{name}.so", number, "-fPIC", "-shared", f"-DPART={name}", f"-Wl,-soname,lib{name}.so")
    pie = ["-fno-pie", "-no-pie"] if layout.addresses else ["-fPIE", "-pie"]
    compile_part("program", 0, *pie, f"-L{folder}", "-llinked", f"-Wl,-rpath,{folder}")
    for path in (folder / "program", folder / "liblinked.so", folder / "liblate.so"):
        if not layout.section_headers:
            remove_section_headers(path)
        headers = archive.run("readelf", "-hldW", path)
        if not re.search(layout.shows, headers, re.DOTALL):
            raise AssertionError(f"{layout.name}: {path.name} is not so:\n{headers}")
    return folder / "program"


def run(program, preload, look=lambda pid: None):
    """What it said, and what `look` found while all was loaded and nothing attacked."""
    environment = {"LD_PRELOAD": str(preload)} if preload else {}
    with subprocess.Popen([program], env=environment, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        first = process.stdout.readline()
        seen = look(process.pid)
        rest, _ = process.communicate("\n")
    return [*(first + rest).splitlines(), f"status {process.returncode}"], seen


def wanted(layout, attempts):
    place = "at its own address" if layout.addresses else "moved"
    return ["ready", *(f"{part}, {place}: {attempts}, answer 42" for part in PARTS), "status 0"]


BARE = "code done, constant done, RELRO done, discarded not tried"
PRELOADED = "code EPERM, constant EPERM, RELRO EPERM, discarded EPERM"


def status(tool):
    def look(pid):
        said = subprocess.run([tool, "status", "--json", str(pid)], capture_output=True, text=True, check=False)
        return json.loads(said.stdout)["processes"][0]

    return look


def check(case, layout):
    folder = case.scratch / "layout"
    folder.mkdir()
    program = build(layout, folder)
    expect(f"{layout.name}: bare", run(program, None)[0], wanted(layout, BARE))
    said, seen = run(program, case.library, status(case.tool))
    expect(f"{layout.name}: preloaded", said, wanted(layout, PRELOADED))
    expect(f"{layout.name}: status", [seen["verdict"], *map(str, seen["findings"])], ["sealed"])
    shutil.rmtree(folder)
    sealed = sum(region["sealed_mappings"] for region in seen["regions"].values())
    version = archive.run(layout.linker, "--version").splitlines()[0]
    cells.record(case.cells, cells.Cell(
        "layout", layout.name, f"{version}, Linux {platform.release()}",
        "a program, its library and one loaded late: code, constants, RELRO; status", sealed, 0))


def each_layout(case):
    for layout in LAYOUTS:
        check(case, layout)
        print(layout.name)


CASES = {"layouts": each_layout}
