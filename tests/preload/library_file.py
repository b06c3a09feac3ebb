#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the built libsealwax.so as a loader would, and fails on whatever could break a program that
it is loaded into.

The same checks also read a library made to have every fault; each must find its own there.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

LARGEST = {"GCC": 94 * 1024, "clang": 108 * 1024}  # by the compiler, to load
# Compilers for these make more of the same source.
LARGEST_ON = {"PowerPC64": 140 * 1024, "IBM S/390": 136 * 1024, "RISC-V": 108 * 1024, "LoongArch": 108 * 1024,
              "AArch64": 116 * 1024}
MEMORY_CALLS = {"madvise", "mmap", "mmap64", "mprotect", "mremap", "munmap", "pkey_mprotect",
                "posix_madvise", "process_madvise", "remap_file_pages", "shmat"}
EXPORTS = MEMORY_CALLS | {"dlmopen", "dlopen", "dlsym",
                          "sealwax_held_counts", "sealwax_held_policy", "sealwax_shim_has_sealed",
                          "sealwax_shim_identity"}
# By which the loader calls it.
HOOKS = {"RISC-V": "_ITM_registerTMCloneTable", "LoongArch": "_ITM_registerTMCloneTable"}
# What the compiler that built the library can mark, besides what every one can.
PROPERTIES = {"Advanced Micro Devices X86-64": {"IBT", "SHSTK"}, "AArch64": {"BTI", "PAC"},
              "IBM S/390": set(), "PowerPC64": set(), "RISC-V": set(), "LoongArch": set()}


def main() -> int:
    built, faulty = sys.argv[1:3]
    if "--gcs" in sys.argv:
        PROPERTIES["AArch64"].add("GCS")
    faults = [f"{check.__name__}: {fault}" for check in CHECKS for fault in check(built)]
    checks = [check for check in CHECKS
              if PROPERTIES[machine_of(built)] or check is not keeps_control_flow_protection]
    blind = [check.__name__ for check in checks if not list(check(faulty))]
    for fault in faults:
        print(f"{built}: {fault}")
    for name in blind:
        print(f"{name} finds nothing in {faulty}, where there is something to find")
    return 1 if faults or blind else 0


def readelf(option: str, path: str) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(["readelf", "--wide", option, path], env=environment, check=True,
                          capture_output=True, text=True).stdout


def machine_of(path: str) -> str:
    header = readelf("--file-header", path)
    return re.search(r"Machine: +(.+)$", header, re.MULTILINE)[1]


def dynamic_entries(path: str, tag: str) -> list[str]:
    return re.findall(rf"^ 0x[0-9a-f]+ \({tag}\)\s+(.*)$", readelf("--dynamic", path), re.MULTILINE)


class Segment(NamedTuple):
    kind: str
    address: int
    file_size: int
    memory_size: int
    flags: str

    def end_in_file(self) -> int:
        return self.address + self.file_size

    def end(self) -> int:
        return self.address + self.memory_size


def segments(path: str, kind: str = "") -> list[Segment]:
    rows = re.findall(r"^  (\w+)\s+0x\w+ (0x\w+) 0x\w+ (0x\w+) (0x\w+) ([RWE ]{3}) ",
                      readelf("--program-headers", path), re.MULTILINE)
    every = [Segment(name, int(at, 16), int(file, 16), int(memory, 16), flags)
             for name, at, file, memory, flags in rows]
    return [segment for segment in every if kind in ("", segment.kind)]


def symbols(path: str) -> list[tuple[str, str, str]]:
    """Binding, section and name of each dynamic symbol."""
    rows = re.findall(r"^ +\d+: \w+ +\w+ +\w+ +(\w+) +\w+ +(?:\[[^]]*\] +)?(\w+) ([^\s@]+)",
                      readelf("--dyn-syms", path), re.MULTILINE)
    return [(binding, section, name) for binding, section, name in rows]


def needs_no_library(path: str) -> Iterator[str]:
    yield from dynamic_entries(path, "NEEDED")


def needs_no_symbol_versions(path: str) -> Iterator[str]:
    for value in dynamic_entries(path, "VERNEED"):
        yield f"VERNEED {value}"


def is_passed_over_by_version(path: str) -> Iterator[str]:
    """What it exports has no version, but it has some: see exports.map."""
    if not dynamic_entries(path, "VERDEF"):
        yield "no VERDEF"
    versions = readelf("--version-info", path)
    for version in re.findall(r"^  0x\w+: Rev: .* Name: (.*)$", versions, re.MULTILINE):
        if version not in ("libsealwax.so", "SEALWAX_1"):
            yield f"defines {version}"


def needs_no_symbol(path: str) -> Iterator[str]:
    for binding, section, name in symbols(path):
        if section == "UND" and binding != "WEAK":
            yield f"{name} is {binding}"


def exports_the_allow_list(path: str) -> Iterator[str]:
    # The name of a version has no section.
    exported = {name for binding, section, name in symbols(path)
                if section not in ("UND", "ABS") and binding != "LOCAL"}
    for name in sorted(exported ^ EXPORTS ^ {HOOKS.get(machine_of(path), "__gmon_start__")}):
        yield f"{name} is {'exported' if name in exported else 'not exported'}"


def is_marked(path: str) -> Iterator[str]:
    marks = " ".join(dynamic_entries(path, "FLAGS") + dynamic_entries(path, "FLAGS_1")).split()
    for mark in ("BIND_NOW", "NOW", "INITFIRST", "NODELETE"):
        if mark not in marks:
            yield f"no {mark}"


def is_never_writable_code(path: str) -> Iterator[str]:
    for segment in segments(path):
        if "W" in segment.flags and "E" in segment.flags:
            yield f"{segment.kind} is {segment.flags}"


def wants_no_executable_stack(path: str) -> Iterator[str]:
    stacks = segments(path, "GNU_STACK")
    if not stacks or "E" in stacks[0].flags:
        yield "an executable stack is asked for"


def has_relro(path: str) -> Iterator[str]:
    if not segments(path, "GNU_RELRO"):
        yield "no RELRO"


def keeps_no_address_writable(path: str) -> Iterator[str]:
    """Every place that the loader fills in lies in RELRO."""
    protected = [range(segment.address, segment.end()) for segment in segments(path, "GNU_RELRO")]
    for place in re.findall(r"^([0-9a-f]{8,})  ", readelf("--relocs", path), re.MULTILINE):
        if not any(int(place, 16) in part for part in protected):
            yield f"a relocation at 0x{place}"


def needs_no_mapping_for_bss(path: str) -> Iterator[str]:
    pages = 4096
    for segment in segments(path, "LOAD"):
        if (segment.end() - 1) // pages != (segment.end_in_file() - 1) // pages:
            yield f"{segment.memory_size - segment.file_size} bytes reach into pages of their own"


def has_no_text_relocations(path: str) -> Iterator[str]:
    yield from dynamic_entries(path, "TEXTREL")


def keeps_control_flow_protection(path: str) -> Iterator[str]:
    notes = re.search(r"feature: (.*)$", readelf("--notes", path), re.MULTILINE)
    have = set(notes[1].split(", ")) if notes else set()
    for missing in sorted(PROPERTIES[machine_of(path)] - have):
        yield f"no {missing} note"


def is_small(path: str) -> Iterator[str]:
    size = sum(segment.file_size for segment in segments(path, "LOAD"))
    # libgcc's parts of the file are GCC's in any case.
    most = LARGEST["clang" if "clang" in readelf("-p.comment", path) else "GCC"]
    most = LARGEST_ON.get(machine_of(path), most)
    if size > most:
        yield f"{size} bytes to load, {most} at most"


def has_no_thread_local_data(path: str) -> Iterator[str]:
    for segment in segments(path, "TLS"):
        yield f"{segment.memory_size} bytes"


def has_one_constructor(path: str) -> Iterator[str]:
    entries = sum(int(size.split()[0]) for size in dynamic_entries(path, "INIT_ARRAYSZ")) // 8
    entries += len(dynamic_entries(path, "INIT"))
    if entries != 1:
        yield f"{entries} entries"


def lets_its_callers_be_found(path: str) -> Iterator[str]:
    """Whoever unwinds out of a memory call, without symbols or debug information, must get through."""
    symbols = readelf("--dyn-syms", path)
    described = [range(int(begin, 16), int(end, 16)) for begin, end in
                 re.findall(r" FDE .* pc=([0-9a-f]+)\.\.([0-9a-f]+)$",
                            readelf("--debug-dump=frames", path), re.MULTILINE)]
    for name in sorted(MEMORY_CALLS):
        at = re.search(rf"^ +\d+: ([0-9a-f]+) +\d+ FUNC .* {name}$", symbols, re.MULTILINE)
        if not at or not any(int(at[1], 16) in one for one in described):
            yield f"no unwinding table for {name}"


def tells_its_version(path: str) -> Iterator[str]:
    """Whoever does not load it can still read which one it is."""
    if not re.search(r"^  Sealwax +0x", readelf("--notes", path), re.MULTILINE):
        yield "no note"


CHECKS: list[Callable[[str], Iterator[str]]] = [
    needs_no_library, needs_no_symbol_versions, is_passed_over_by_version, needs_no_symbol,
    exports_the_allow_list, is_marked,
    is_never_writable_code, wants_no_executable_stack, has_relro,
    keeps_no_address_writable, needs_no_mapping_for_bss, has_no_text_relocations,
    keeps_control_flow_protection, is_small, has_no_thread_local_data, has_one_constructor,
    lets_its_callers_be_found, tells_its_version,
]

if __name__ == "__main__":
    sys.exit(main())
