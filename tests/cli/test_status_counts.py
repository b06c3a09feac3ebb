# SPDX-License-Identifier: Apache-2.0
"""sealwax status: what the library in a process has counted, of libraries that come and go and of
reports that could not be written."""

import json
import os
import shutil
import subprocess
import sys
import unittest

from support import LIBRARY, TestCase, clean_environment, program, sealwax

SCRIPT = os.path.join(os.path.dirname(__file__), "late_loads.py")
NOTHING = dict.fromkeys(
    [
        *("waiting", "left_open", "closed", "mappings", "private_bytes", "kept_bytes"),
        *("most_mappings", "most_private_bytes", "most_kept_bytes"),
        *("loads_not_looked_at", "dropped_reports"),
    ],
    0,
)
UNLIMITED = 2**64 - 1


def most_mappings():
    with open("/proc/sys/vm/max_map_count", encoding="ascii") as file:
        return int(file.read()) // 8


class Counts(TestCase):
    def sealed(self, *arguments, before=(), **options):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nreport-to = stderr\n")
        return self.start(
            *(*before, sys.executable, SCRIPT, *arguments),
            ready="ready\n",
            env=clean_environment(LD_PRELOAD=LIBRARY, SEALWAX_POLICY=policy),
            **options,
        ).pid

    def copies(self, count):
        """Of a small library, each a file of its own."""
        paths = [self.path(f"copy{number}.so") for number in range(count)]
        for path in paths:
            shutil.copy(program("libidle.so"), path)
        return paths

    def large_copies(self, count):
        """Each with some ten megabytes of address space that are sealed."""
        source = self.write("large.c", 'const char bytes[10 << 20] = "x";\n')
        library = self.path("large.so")
        subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", library], check=True)
        paths = [self.path(f"large{number}.so") for number in range(count)]
        for path in paths:
            shutil.copy(library, path)
        return paths

    def found(self, pid):
        outcome = sealwax("status", "--json", str(pid))
        self.assertEqual(outcome.err, "")
        found = json.loads(outcome.out)["processes"][0]
        return found["counts"], found["notes"]


class WithLibrary(Counts):
    def test_nothing_to_tell(self):
        self.assertEqual(self.found(self.sealed("nothing")), (NOTHING, []))

    def test_libraries_that_wait(self):
        counts, notes = self.found(self.sealed("churn", *self.copies(3)))
        self.assertEqual((counts["waiting"], counts["closed"], counts["left_open"]), (3, 12, 0))
        self.assertEqual(counts["most_mappings"], most_mappings())
        self.assertEqual(counts["most_private_bytes"], 32 << 20)
        self.assertEqual(counts["most_kept_bytes"], UNLIMITED)
        self.assertGreaterEqual(counts["mappings"], 3 * 12)
        self.assertEqual(
            notes,
            ["3 late libraries are open and not sealed until old: such libraries come and go"],
        )

    def test_one_that_waits_in_table_and_lines(self):
        pid = self.sealed("churn", *self.copies(1))
        note = "1 late library is open and not sealed until old: such libraries come and go"
        self.assertIn(f"\nnote: {note}\n", sealwax("status", str(pid)).out)
        self.assertIn(f"\nprocess {pid}: {note}\n", sealwax("status", "--all").out)

    def test_bound_that_is_reached(self):
        space = 512 << 20
        pid = self.sealed(
            *("fill", *self.large_copies(8)),
            before=("prlimit", f"--as={space}:{space}"),
            stderr=subprocess.DEVNULL,  # the bound is told of
        )
        counts, notes = self.found(pid)
        self.assertEqual(counts["most_kept_bytes"], space // 8)
        self.assertEqual(counts["closed"], 8)
        self.assertEqual(counts["left_open"], 8)
        self.assertEqual(len(notes), 1)
        self.assertRegex(
            notes[0],
            r"^8 loads were left open, since 8 closed libraries have left as much as they may: "
            rf"\d+ of {most_mappings()} mappings, \d+ of {32 << 20} private bytes, "
            rf"\d+ of {space // 8} bytes of address space$",
        )

    def test_reports_that_were_dropped(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        counts, notes = self.found(self.sealed("refused", stderr=writer))
        self.assertEqual(counts, {**NOTHING, "dropped_reports": 1})
        self.assertEqual(notes, ["1 report was dropped that could not be written at once"])


class WithoutLibrary(Counts):
    def test_there_are_none(self):
        pid = self.start(sys.executable, SCRIPT, "nothing", ready="ready\n").pid
        self.assertEqual(self.found(pid), (None, []))


if __name__ == "__main__":
    unittest.main()
