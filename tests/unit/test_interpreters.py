# SPDX-License-Identifier: Apache-2.0
"""What the tests run in Python is run by the system's own, which has the modules of Debian's packages. The
first python3 in PATH may be a version manager's: a script that takes half a second before each start."""

import pathlib
import re
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
ANY = re.compile(r"^#!/usr/bin/env python3|^[^#\n]*(?<![/\w-])python3 (?:scripts|tests)/", re.MULTILINE)
# What the build itself runs, on systems of any kind.
OF_THE_BUILD = {"release-date", "split-exceptions"}


class Interpreters(unittest.TestCase):
    def test_tests_and_scripts_name_the_systems(self):
        files = [path for folder in ("scripts", "tests") for path in (TREE / folder).rglob("*")
                 if path.is_file() and path.suffix in ("", ".py", ".sh") and path.name not in OF_THE_BUILD]
        self.assertGreater(len(files), 100)
        found = [str(path.relative_to(TREE)) for path in files if ANY.search(path.read_text(errors="replace"))]
        self.assertEqual(found, [])


if __name__ == "__main__":
    sys.exit(unittest.main())
