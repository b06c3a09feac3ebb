#!/usr/bin/env python3
"""What policies/exceptions.conf says was seen of a program is seen, and gone with its exception.

    exceptions.py LIBSEALWAX
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import box
from rights import SKIPPED

EXCEPTIONS = (box.POLICIES / "exceptions.conf").read_text().partition("\n")[2]
NO_NEW_CODE = "exec-gain = deny"
VARIABLES_TOO = "seal = +data"


class Exceptions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sealwax-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_under(self, policy, *command):
        file = self.folder / "policy.conf"
        file.write_text(f"sealwax-policy 1\n{policy}")
        environment = {"PATH": box.SYSTEM_PATH, "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                       "LD_PRELOAD": LIBRARY, "SEALWAX_POLICY": str(file)}
        return subprocess.run(
            [box.find_program(command[0]), *command[1:]], env=environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )

    def check(self, wish, command, status, message):
        """Ends so under the wish alone, and well with the exceptions behind it."""
        base = f"[defaults]\nreport-to = none\n{wish}\n"
        without = self.run_under(base, *command)
        self.assertIn(message, without.stdout + without.stderr)
        self.assertEqual(without.returncode, status)
        excepted = self.run_under(base + EXCEPTIONS, *command)
        self.assertEqual(excepted.returncode, 0, excepted.stderr)

    def works(self, wish, *command):
        done = self.run_under(f"[defaults]\nreport-to = none\n{wish}\n", *command)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_git(self):
        (self.folder / "file").write_text("hello\n")
        self.works("", "git", "init", "-q")
        self.works("", "git", "add", "file")
        version = self.works("", "git", "version").stdout.split()[2].split(".")
        falls_back = (int(version[0]), int(version[1])) >= (2, 40)
        for looked_for in [] if falls_back else [["-P", "h.l"], ["hel"]]:
            self.check(
                NO_NEW_CODE, ["git", "grep", *looked_for], 128, "Couldn't JIT the PCRE2 pattern"
            )
        self.works(NO_NEW_CODE, "git", "grep", "h.l")

    def test_node(self):
        hello = ["-e", "console.log(1)"]
        self.check(NO_NEW_CODE, ["node", *hello], -signal.SIGTRAP, "Check failed")
        self.works(NO_NEW_CODE, "node", "--jitless", *hello)
        self.check(VARIABLES_TOO, ["node", "--freeze-flags-after-init", *hello], -signal.SIGTRAP, "")
        self.works(VARIABLES_TOO, "node", *hello)
        refused = self.works("", "node", "--use-largepages=on", *hello)
        self.assertEqual(refused.stdout, "1\n")
        self.assertIn("Mapping code to large pages failed", refused.stderr)

    def test_java(self):
        seen = "Failed to mark memory page as executable"
        self.check(NO_NEW_CODE, ["java", "-version"], 1, seen)
        self.check(NO_NEW_CODE, ["java", "-Xint", "-version"], 1, seen)

    def test_what_needs_none(self):
        (self.folder / "file").write_text("hello\n")
        self.assertEqual(self.works(NO_NEW_CODE, "grep", "-P", "hel", "file").stdout, "hello\n")
        called = "import ctypes; print(ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 3)())"
        self.assertEqual(self.works(NO_NEW_CODE, "python3", "-c", called).stdout, "3\n")


def main():
    try:
        for name in ("git", "node", "java"):
            box.find_program(name)
    except box.Missing as missing:
        print(f"skipped: not installed: {missing}")
        sys.exit(SKIPPED)
    unittest.main()


LIBRARY = os.path.abspath(sys.argv.pop(1))
main()
