#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Has the loader load libraries whose program headers and dynamic sections no linker has made, bare and
under the built shared object: what bare is loaded and used is so sealed, with the same result.

  loaded.py --loading P --shim LIB --libraries DIR [--seconds N] [--seed N] [--keep DIR]

Each is loaded late in a forked child, by the built-in policy and by `text = private`, and every eighth
one by programs of its own too: late, and at their start. What differs is kept as a file.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HEADER = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
ENTRY = struct.Struct("<QQ")  # Elf64_Dyn
KIND, FLAGS, OFFSET, ADDRESS, PHYSICAL, IN_FILE, IN_MEMORY, ALIGNMENT = range(8)
PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_PHDR, PT_TLS = 1, 2, 4, 6, 7
PT_GNU_EH_FRAME, PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY = (0x6474E550 + i for i in range(4))
KINDS = (0, PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_EH_FRAME, PT_GNU_STACK,
         PT_GNU_RELRO, PT_GNU_PROPERTY, 0x6FFFFFFF)
PAGE = 4096
TAGS = (0, 1, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 26, 29, 30, 0x6FFFFFFB,
        0x6FFFFEF5, 0x6FFFFFF9)  # elf.h: DT_NULL to DT_FLAGS, then DT_FLAGS_1, DT_GNU_HASH, DT_RELACOUNT
# personality(2), ADDR_NO_RANDOMIZE: the neighbours are the same ones each time; and with
# ADDR_COMPAT_LAYOUT others, on the other side.
LAYOUTS = (0x0040000, 0x0240000)
EVERY = 8
SEALED = ("sealed", "sealed, text = private")
# Whose memory is not written over, nor its end another than main's.
LIVES = re.compile(r"ended 0( (answer|closed|refused) -?\d+)+")
BESIDES = ("beside an empty library", "mode = off")


class Library:
    """A shared object as it was linked, which is changed here and there."""

    def __init__(self, image: bytes) -> None:
        self.image = image
        self.table = struct.unpack_from("<Q", image, 32)[0]
        self.count = struct.unpack_from("<H", image, 56)[0]
        self.headers = [list(HEADER.unpack_from(image, self.table + i * HEADER.size))
                        for i in range(self.count)]
        dynamic = next(header for header in self.headers if header[KIND] == PT_DYNAMIC)
        self.dynamic_at, self.entry_count = dynamic[OFFSET], dynamic[IN_FILE] // ENTRY.size
        self.entries = [list(ENTRY.unpack_from(image, self.dynamic_at + i * ENTRY.size))
                        for i in range(self.entry_count)]

    def changed(self, chance: random.Random) -> bytes:
        headers, entries = self.drawn(chance)
        while asks_for_executable_stack(headers):
            headers, entries = self.drawn(chance)
        image = bytearray(self.image)
        for i, header in enumerate(headers):
            HEADER.pack_into(image, self.table + i * HEADER.size, *header)
        for i, entry in enumerate(entries):
            ENTRY.pack_into(image, self.dynamic_at + i * ENTRY.size, *entry)
        return bytes(image)

    def drawn(self, chance: random.Random) -> tuple[list[list[int]], list[list[int]]]:
        headers = [list(header) for header in self.headers]
        entries = [list(entry) for entry in self.entries]
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            change = chance.choice((self.set_field, self.set_field, self.take_over, self.swap,
                                    self.set_kind, self.stretch))
            if chance.randrange(6) == 0:
                self.set_entry(chance, entries)
            else:
                change(chance, headers)
        return headers, entries

    def number(self, chance: random.Random, old: int) -> int:
        size = len(self.image)
        return chance.choice((
            0, 1, old + 1, old - 1, old + 8, old + PAGE, old - PAGE, old + 16 * PAGE, old * 2,
            old & -PAGE, old | (PAGE - 1), size, size + PAGE, chance.randrange(size),
            chance.randrange(16) * PAGE, 1 << 31, 1 << 47, (1 << 63) - PAGE, (1 << 64) - PAGE,
            (1 << 64) - 1)) % (1 << 64)

    def set_field(self, chance: random.Random, headers: list[list[int]]) -> None:
        header = chance.choice(headers)
        field = chance.choice((FLAGS, OFFSET, ADDRESS, IN_FILE, IN_MEMORY, IN_MEMORY, ALIGNMENT))
        if field == FLAGS:
            header[FLAGS] = chance.randrange(8)
        elif field == ALIGNMENT:
            header[ALIGNMENT] = chance.choice((0, 1, 3, 16, PAGE - 1, PAGE + 1, 2 * PAGE, 1 << 16, 1 << 21,
                                               1 << 40, (1 << 64) - 1))
        else:
            header[field] = self.number(chance, header[field])

    def set_kind(self, chance: random.Random, headers: list[list[int]]) -> None:
        chance.choice(headers)[KIND] = chance.choice(KINDS)

    def take_over(self, chance: random.Random, headers: list[list[int]]) -> None:
        """There are two of one then, and none of another."""
        headers[chance.randrange(len(headers))] = list(chance.choice(headers))

    def swap(self, chance: random.Random, headers: list[list[int]]) -> None:
        one, other = chance.randrange(len(headers)), chance.randrange(len(headers))
        headers[one], headers[other] = headers[other], headers[one]

    def stretch(self, chance: random.Random, headers: list[list[int]]) -> None:
        """Segments that overlap, end elsewhere, or go on behind the file's end."""
        kinds = chance.choice(((PT_LOAD,), (PT_GNU_RELRO,), (PT_DYNAMIC,), (PT_LOAD, PT_GNU_RELRO)))
        more = chance.choice((8, PAGE, 2 * PAGE, 16 * PAGE, -8, -PAGE))
        of_kind = [header for header in headers if header[KIND] in kinds]
        for header in of_kind[-1:] if chance.randrange(2) else of_kind:
            header[IN_MEMORY] = (header[IN_MEMORY] + more) % (1 << 64)
            if chance.randrange(2):
                header[IN_FILE] = (header[IN_FILE] + more) % (1 << 64)

    def set_entry(self, chance: random.Random, entries: list[list[int]]) -> None:
        entry = chance.choice(entries)
        if chance.randrange(2):
            entry[0] = chance.choice(TAGS)
        else:
            entry[1] = self.number(chance, entry[1])


def asks_for_executable_stack(headers: list[list[int]]) -> bool:
    """One that can no longer be loaded late, for the loader would have to write to its own RELRO."""
    stacks = [header for header in headers if header[KIND] == PT_GNU_STACK]
    return not stacks or any(header[FLAGS] & 1 for header in stacks)


def lay_out(layout: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None)
    return lambda: libc.personality(layout)


class Server:
    """Loads what it is told to, in children."""

    def __init__(self, program: str, environment: dict[str, str], layout: int) -> None:
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, errors="replace", env=environment, preexec_fn=lay_out(layout))

    def ask(self, path: Path) -> str:
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Bench:
    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        self.program, self.scratch = options.loading, scratch
        shim = os.path.abspath(os.environ.get("SEALWAX_TEST_SHIM", options.shim))
        libraries = os.path.abspath(options.libraries)
        bare = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": libraries}
        self.environments = {
            "bare": bare,
            "sealed": {**bare, "LD_PRELOAD": shim},
            "sealed, text = private": {**bare, "LD_PRELOAD": shim,
                                       "SEALWAX_POLICY": self.policy("text = private")},
            "beside an empty library": {**bare, "LD_PRELOAD": f"{libraries}/libno_shim.so"},
            "mode = off": {**bare, "LD_PRELOAD": shim, "SEALWAX_POLICY": self.policy("mode = off")},
        }
        self.servers = {
            (name, layout): Server(self.program, environment, layout)
            for name, environment in self.environments.items() for layout in LAYOUTS}

    def policy(self, setting: str) -> str:
        file = self.scratch / f"{setting}.conf"
        file.write_text(f"sealwax-policy 1\n[defaults]\n{setting}\n")
        return str(file)

    def end(self) -> None:
        for server in self.servers.values():
            server.end()

    def run_program(self, name: str, layout: int, file: Path, at_start: bool) -> str:
        environment = self.environments[name]
        words = [self.program, "libother_answer.so"]
        if at_start:
            before = environment.get("LD_PRELOAD", "")
            environment = {**environment, "LD_PRELOAD": f"{before}:{file}"}
        else:
            words[1:1] = [str(file)]
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                              preexec_fn=lay_out(layout))
        how = "ended" if done.returncode >= 0 else "killed"
        return f"{how} {abs(done.returncode)} {done.stdout.decode(errors='replace').strip()}"

    def difference(self, file: Path, alone: bool) -> str:
        """Empty: there is none, or bare it is no program's life."""
        ways = {"late": lambda *place: self.servers[place].ask(file)}
        if alone:
            ways |= {"late, alone": lambda *place: self.run_program(*place, file, False),
                     "at the start": lambda *place: self.run_program(*place, file, True)}
        for way, run in ways.items():
            harms = [harm_by(run, LAYOUTS[0])]
            if harms[0]:
                harms += [harm_by(run, layout) for layout in LAYOUTS]
            if all(harms):
                return f"{way}: {harms[0]}"
        return ""


def harm_by(run: Callable[[str, int], str], layout: int) -> str:
    bare = run("bare", layout)
    if not LIVES.fullmatch(bare):
        return ""
    for name in SEALED:
        if (sealed := run(name, layout)) == bare:
            continue
        # What reaches beyond its own pages does what its neighbours there have it do.
        others = [run(other, layout) for other in BESIDES]
        if sealed not in others and all(map(LIVES.fullmatch, others)):
            return f"{name} '{sealed}', bare '{bare}', {others}"
    return ""


def search(bench: Bench, options: argparse.Namespace) -> int:
    libraries = [Library(Path(options.libraries, name).read_bytes())
                 for name in ("libplain.so", "libgaps.so")]
    file = bench.scratch / "libmade.so"
    chance = random.Random(options.seed)
    end = time.monotonic() + options.seconds
    tried = found = loaded = 0
    while time.monotonic() < end and found < 20:
        # Another file each time: the loader knows a file by its inode.
        file.unlink(missing_ok=True)
        image = chance.choice(libraries).changed(chance)
        file.write_bytes(image)
        tried += 1
        loaded += "answer" in bench.servers["bare", LAYOUTS[0]].ask(file)
        if difference := bench.difference(file, tried % EVERY == 0):
            found += 1
            kept = Path(options.keep, f"loaded-{options.seed}-{tried}.so")
            kept.write_bytes(image)
            print(f"{kept}: {difference}")
    print(f"seed {options.seed}: {tried} libraries, {loaded} of them loaded bare, {found} otherwise sealed")
    return 1 if found or not loaded else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--loading", "--shim", "--libraries"):
        parser.add_argument(name, required=True)
    parser.add_argument("--seconds", type=float,
                        default=float(os.environ.get("SEALWAX_FUZZ_SECONDS", "8")))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", default=".")
    parser.add_argument("files", nargs="*", help="try these, and make none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sealwax-loaded-") as folder:
        bench = Bench(options, Path(folder))
        with contextlib.ExitStack() as stack:
            stack.callback(bench.end)
            if not options.files:
                return search(bench, options)
            differences = [bench.difference(Path(file).absolute(), True) for file in options.files]
            print("\n".join(f"{file}: {difference or 'as bare'}"
                            for file, difference in zip(options.files, differences)))
            return 1 if any(differences) else 0


if __name__ == "__main__":
    sys.exit(main())
