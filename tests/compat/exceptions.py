#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What policies/exceptions.conf says was seen of a program is seen, and gone with its exception.

    exceptions.py LIBSEALWAX
"""

import os
import pathlib
import shutil
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

OPENS = """
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char** words) {
  (void)count;
  if (dlopen(words[1], RTLD_NOW) != NULL)
    return 0;
  puts(dlerror());
  return 1;
}
"""
# An address in its code that the loader has to fill in.
RELOCATIONS = """
int value = 42;
__asm__(".text\\n.balign 8\\n.quad value\\n");
"""
TRACED = """
#include <stdio.h>
int main(void) { return puts("done") < 0; }
"""


class Exceptions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sealwax-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {}

    def run_under(self, policy, *command):
        file = self.folder / "policy.conf"
        file.write_text(f"sealwax-policy 1\n{policy}")
        environment = {"PATH": box.SYSTEM_PATH, "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                       "LD_PRELOAD": LIBRARY, "SEALWAX_POLICY": str(file), **self.environment}
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

    def build(self, name, source, *options, compiler="cc"):
        (self.folder / f"{name}.c").write_text(source)
        subprocess.run([compiler, *options, "-o", name, f"{name}.c"], cwd=self.folder, check=True,
                       capture_output=True)
        return self.folder / name

    def check_named(self, name, wish, command, status, message):
        program = command[0]
        base = f"[defaults]\nreport-to = none\n{wish}\n"
        without = self.run_under(base, *command)
        self.assertIn(message, without.stdout + without.stderr)
        self.assertEqual(without.returncode, status)
        return self.works(f"{wish}\n{box.exceptions([name], program)}", *command)

    def test_late_libraries(self):
        opens = self.build("opens", OPENS)
        with_relocations = self.build("relocations.so", RELOCATIONS, "-shared", "-fPIC", "-z", "notext")
        self.check_named("late-text-relocations", NO_NEW_CODE, [str(opens), str(with_relocations)], 1,
                         "cannot make segment writable for relocation")
        with_stack = self.build("stack.so", "int unused;\n", "-shared", "-fPIC", "-z", "execstack")
        bare = subprocess.run([opens, with_stack], capture_output=True, check=False)
        if bare.returncode == 0:  # glibc before 2.41
            self.check_named("executable-stack", f"{NO_NEW_CODE}\nseal = all",
                             [str(opens), str(with_stack)], 1, "cannot change memory protections")

    def test_xray(self):
        if shutil.which("clang") is None:
            self.skipTest("clang is not installed")
        try:
            program = self.build("traced", TRACED, "-fxray-instrument",
                                 "-fxray-instruction-threshold=1", compiler="clang")
        except subprocess.CalledProcessError:
            self.skipTest("this clang has no XRay")
        options = {"XRAY_OPTIONS": "patch_premain=true"}
        self.environment = options
        self.check_named("xray", NO_NEW_CODE, [str(program)], 0, "Failed mprotect")
        done = self.works(f"{NO_NEW_CODE}\n{box.exceptions(['xray'], program)}", str(program))
        self.assertNotIn("Failed mprotect", done.stderr)

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
