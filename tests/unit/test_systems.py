# SPDX-License-Identifier: Apache-2.0
"""The table of systems is what the runs noted, and its versions stand in order."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]


def script():
    loader = importlib.machinery.SourceFileLoader("make_systems", str(TREE / "scripts/make-systems"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def cell(kind, name, versions="", sealed=17, by_kernel=0):
    return {"kind": kind, "name": name, "versions": versions, "ran": "start-up", "sealed": sealed,
            "open": by_kernel, "bare_us": None, "preloaded_us": None, "date": "2026-12-01"}


class Systems(unittest.TestCase):
    def test_pages_say_what_was_noted(self):
        done = subprocess.run([TREE / "scripts/make-systems", "--check"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_versions_are_in_order_and_words_stand_once(self):
        made = script()
        cells = [cell("C library", "glibc 2.36"), cell("kernel", "of the next", "Linux 7.2.12-x"),
                 cell("C library", "musl 1.2.3"), cell("C library", "glibc 2.4"),
                 cell("kernel", "its own", "Linux 7.2.12", by_kernel=3),
                 cell("kernel", "of the last", "Linux 6.1.0-50", sealed=0)]
        lines = made.lines_of_readme(sorted(cells, key=made.order)).splitlines()
        self.assertEqual(lines[2:], [
            "| Kernels (x86-64) | 6.1 (no mseal: nothing is sealed), 7.2, 7.2 with MSEAL_SYSTEM_MAPPINGS |",
            "| C libraries | glibc 2.4, 2.36, musl 1.2.3 |",
            "| not run | Alpine, Fedora, openSUSE and Arch themselves; hardware other than x86-64 |"])

    def test_programs_beside_have_a_table_of_their_own(self):
        made = script()
        beside = {"kind": "beside", "name": "emacs", "versions": "emacs-nox 1", "ran": "Lisp", "default": "the same",
                  "observe": "the same", "strict": "the same; with: none", "date": "2026-12-01"}
        cells = sorted([beside, cell("C library", "glibc 2.36")], key=made.order)
        lines = made.page(cells).splitlines()
        self.assertIn("| emacs | emacs-nox 1 | Lisp | the same | the same | the same; with: none | 2026-12-01 |", lines)
        self.assertNotIn("emacs", made.lines_of_readme(cells))


if __name__ == "__main__":
    unittest.main()
