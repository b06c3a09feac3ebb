# SPDX-License-Identifier: Apache-2.0
"""A system in a folder whose programs and libraries are made by hand, for the tests of what is told
from files."""

import json
import os

import elf_maker as elf
from elf_maker import Elf, R, W, X
from support import TestCase, sealwax

LOADER = "/lib64/ld-test.so.1"
FOLDERS = b"\0/lib/test-linux-gnu/\0/usr/lib/test-linux-gnu/\0/lib/\0/usr/lib/\0"
ORDINARY = ((R | X, 2), (R, 1), (R | W, 3))
# The third segment of ORDINARY begins here.
DATA = 4 * elf.PAGE


class System(TestCase):
    """A system in a folder: a loader, and what a test puts there. The library seals nothing and has
    a size that is known."""

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        self.put(LOADER, Elf(soname="ld-test.so.1", segments=((R | X, 1),), text=FOLDERS))
        self.library = self.path("libsealwax.so")
        with open(self.library, "wb") as file:
            file.write(Elf(soname="libsealwax.so", segments=((R | X, 1), (R | W, 1))).image())

    def put(self, path, content, mode=0o755):
        where = self.root + path
        os.makedirs(os.path.dirname(where), exist_ok=True)
        if isinstance(content, Elf):
            content = content.image()
        with open(where, "wb") as file:
            file.write(content)
        os.chmod(where, mode)
        return path

    def link(self, path, target):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        os.symlink(target, self.root + path)

    def program(self, path="/usr/bin/prog", **options):
        options = {"segments": ORDINARY, "relro": (DATA, elf.PAGE), **options}
        return self.put(path, Elf(interpreter=LOADER, **options))

    def shared(self, path, **options):
        options = {"soname": os.path.basename(path), "segments": ORDINARY,
                   "relro": (DATA, elf.PAGE), **options}
        return self.put(path, Elf(**options))

    def plan(self, *arguments, **options):
        return sealwax("plan", "--root", self.root, "--library", self.library, *arguments,
                       **options)

    def plan_json(self, *arguments, **options):
        outcome = self.plan("--json", *arguments, **options)
        return outcome, json.loads(outcome.out)

    def objects(self, path, code=0, err=""):
        """The paths of what would be loaded for a program, but for loader and library."""
        outcome, document = self.plan_json(path)
        self.assertEqual((outcome.code, outcome.err), (code, err))
        paths = [found["path"] for found in document["programs"][0]["objects"]]
        return [found for found in paths if found not in (path, LOADER, self.library)]

    def kinds(self, path, code=0):
        """The findings about a program and its objects."""
        outcome, document = self.plan_json(path)
        self.assertEqual((outcome.code, outcome.err), (code, ""))
        return [(found["kind"], found["object"]) for found in document["programs"][0]["findings"]]
