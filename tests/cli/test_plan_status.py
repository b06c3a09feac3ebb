# SPDX-License-Identifier: Apache-2.0
"""What plan says of a program's files is what status shows of the program that runs, for every
dynamic program in /usr/bin.

Each is started under the library and held at its entry point. Set aside is what no file tells: the
sizes of vdso and stack.
"""

import json
import os
import subprocess
import sys
import unittest

from hold import end, hold
from support import LIBRARY, SEALWAX, TestCase, clean_environment, with_terminal

FOLDER = "/usr/bin"
OF_FILES = ["text", "rodata", "relro", "gaps", "data"]
BATCH = 64


def dynamic_programs(folder):
    """By what the kernel looks at alone: an ELF file for this machine that names a loader."""
    with open(sys.executable, "rb") as file:
        native = file.read(20)
    paths = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.realpath(os.path.join(folder, name))
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            head = file.read(4096)
        # Class, byte order and machine; a PT_INTERP among the program headers.
        if head[:6] != native[:6] or head[18:20] != native[18:20]:
            continue
        headers = range(64, 64 + 56 * int.from_bytes(head[56:58], "little"), 56)
        if any(head[at : at + 4] == b"\3\0\0\0" for at in headers):
            paths[path] = None
    return list(paths)


def document(*arguments):
    result = subprocess.run(
        [SEALWAX, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        check=False,
    )
    return json.loads(result.stdout)


def planned(paths):
    """By path: what plan says of each object, and of all. And the paths that it doubts."""
    plan = document("plan", "--json", "--library", LIBRARY, *paths)
    found = {}
    for program in plan["programs"]:
        objects = {
            entry["path"]: {
                name: (region["bytes"], region["sealed_bytes"])
                for name, region in entry["regions"].items()
                if name in OF_FILES and region["bytes"] != 0
            }
            for entry in program["objects"]
        }
        sums = {
            name: (region["bytes"], region["sealed_bytes"])
            for name, region in program["regions"].items()
            if name in OF_FILES
        }
        found[program["file"]] = (objects, sums)
    return found, {error["file"] for error in plan["errors"]}


def shown(pids):
    """By PID: what status shows of each object, and of all."""
    found = {}
    for process in document("status", "--json", "--maps", *map(str, pids))["processes"]:
        objects = {}
        for part in process["maps"]:
            if part["object"] is None or part["region"] not in OF_FILES:
                continue
            size = int(part["end"], 16) - int(part["begin"], 16)
            regions = objects.setdefault(part["object"], {})
            size_so_far, sealed_so_far = regions.get(part["region"], (0, 0))
            regions[part["region"]] = (
                size_so_far + size,
                sealed_so_far + (size if part["sealed"] else 0),
            )
        sums = {
            name: (region["bytes"], region["sealed_bytes"])
            for name, region in process["regions"].items()
            if name in OF_FILES
        }
        found[process["pid"]] = (objects, sums)
    return found


def hold_all(paths):
    """By path the PID of each that reaches its entry point."""
    environment = clean_environment(LD_PRELOAD=LIBRARY)
    held = {path: hold(path, environment) for path in paths}
    return {path: pid for path, pid in held.items() if pid is not None}


class EveryProgram(TestCase):
    def compare(self, paths):
        """How many of them run."""
        held = hold_all(paths)
        try:
            seen = shown(held.values())
        finally:
            for pid in held.values():
                end(pid)
        said, doubted = planned(paths)
        for path in paths:
            with self.subTest(path):
                if path in held:
                    self.assertEqual(said[path], seen[held[path]])
                else:
                    # The loader gave up: plan has to have seen that coming.
                    self.assertIn(path, doubted)
        return len(held)

    def test_plan_says_what_status_shows(self):
        paths = dynamic_programs(FOLDER)
        compared = sum(
            self.compare(paths[first : first + BATCH]) for first in range(0, len(paths), BATCH)
        )
        print(f"{compared} of {len(paths)} programs ran and were compared", file=sys.stderr)
        self.assertGreater(compared, 100)


class Bar(TestCase):
    def plan(self, *programs):
        done = with_terminal(SEALWAX, "plan", "--library", LIBRARY, *programs)
        self.assertEqual(done.code, 0)
        return done.err

    def test_of_many_files_on_a_terminal_only(self):
        files = [sys.executable, os.path.realpath("/bin/sh")]
        self.assertTrue(self.plan(*files).startswith(b"\r[" + b"." * 40 + b"] 0/2\033[K"))
        self.assertTrue(self.plan(*files).endswith(b"\r\033[K"))
        self.assertEqual(self.plan(files[0]), b"")


if __name__ == "__main__":
    unittest.main()
