# SPDX-License-Identifier: Apache-2.0
"""meson.build says the version, and what else has to say one says that."""

import pathlib
import re
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
VERSION = sys.argv.pop(1)
# Where a tool of other people's reads it, before Meson has run.
SAID = {
    "meson.build": r"^  version: '(.*)',$",
    "scripts/packaging/debian/changelog": r"\Asealwax \((.*)\) ",
    "scripts/packaging/arch/PKGBUILD": r"^pkgver=(.*)$",
    "scripts/packaging/alpine/APKBUILD": r"^pkgver=(.*)$",
    "scripts/packaging/rpm/sealwax.spec": r"^Version: +(.*)$",
    "scripts/packaging/selinux/sealwax.te": r"^module sealwax (.*);$",
}
# They tell of former ones.
HISTORIES = {"CHANGELOG.md", "scripts/packaging/debian/changelog"}
# The names of packages, tarballs and programs that carry one, and this version wherever it stands.
ELSEWHERE = re.compile(rf"sealwax(?:\.so)?[-_ ]v?\d+\.\d+|\b{re.escape(VERSION)}\b", re.IGNORECASE)
FOLDERS = ("docs", "include", "policies", "scripts", "src", "tests")


def files():
    yield from (path for path in TREE.iterdir() if path.is_file())
    for folder in FOLDERS:
        yield from (path for path in (TREE / folder).rglob("*") if path.is_file())


def lines_elsewhere():
    for path in files():
        name = path.relative_to(TREE).as_posix()
        if name in HISTORIES or path.suffix == ".pyc":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if ELSEWHERE.search(line) and not (name in SAID and re.search(SAID[name], line)):
                yield f"{name}:{number}: {line.strip()}"


class Version(unittest.TestCase):
    def test_is_the_same_wherever_it_has_to_be_said(self):
        said = {
            name: re.search(pattern, (TREE / name).read_text(), re.MULTILINE)[1]
            for name, pattern in SAID.items()
        }
        self.assertEqual(said, dict.fromkeys(SAID, VERSION))

    def test_is_said_nowhere_else(self):
        self.assertGreater(len(list(files())), 500)
        self.assertEqual(list(lines_elsewhere()), [])

    def test_is_in_every_manual_page(self):
        for page in (TREE / "src/man").glob("*.scd*"):
            self.assertIn('"sealwax @VERSION@"', page.read_text().splitlines()[0], page)


if __name__ == "__main__":
    unittest.main()
