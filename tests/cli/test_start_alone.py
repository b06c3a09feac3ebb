# SPDX-License-Identifier: Apache-2.0
"""The program that people call `sealwax`: what it does alone, and what it leaves to the tool."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import LIBRARY, SEALWAX, TestCase, clean_environment, execute, program

STATIC = [name for name in ("open_itself_static", "open_itself_static_pie", "open_itself_musl")
          if os.path.exists(program(name))]
TEXT_ALONE = "sealwax-policy 1\n[defaults]\nseal = text\n"


class Alone(TestCase):
    """Where the tool is not, so that nothing else can have done it."""

    def setUp(self):
        super().setUp()
        beside = tempfile.TemporaryDirectory(dir=os.path.dirname(SEALWAX))
        self.addCleanup(beside.cleanup)
        self.start_program = pathlib.Path(beside.name) / "alone" / "sealwax"
        self.start_program.parent.mkdir()
        shutil.copy(SEALWAX, self.start_program)

    def sealing_of(self, name, **environment):
        """Of that program, started by it; all of its work goes on."""
        with subprocess.Popen([self.start_program, "run", "--library", LIBRARY, "--", program(name)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, env={**clean_environment(), **environment}) as process:
            self.assertEqual(process.stdout.readline(), f"ready {os.getpid()}\n")
            outcome = execute(SEALWAX, "status", "--json", str(process.pid))
            process.stdin.close()
            self.assertEqual(process.wait(), 3)
            self.assertEqual(process.stderr.read(), "")
        found = json.loads(outcome.out)["processes"][0]
        return outcome.code, found

    def test_seals_what_the_policy_wants(self):
        for name in STATIC:
            with self.subTest(program=name):
                code, found = self.sealing_of(name)
                self.assertEqual((code, found["verdict"]), (0, "sealed"))

    def test_reads_policies(self):
        policy = self.write("text.conf", TEXT_ALONE)
        code, found = self.sealing_of(STATIC[0], SEALWAX_POLICY=policy)
        self.assertEqual((code, found["policy"], found["verdict"]), (0, policy, "sealed"))
        self.assertEqual(found["regions"]["rodata"]["sealed_mappings"], 0)

    def test_leaves_the_rest_to_the_tool(self):
        rest = [["status"], [], ["run", "--library", LIBRARY, "/bin/true"],
                ["run", "--library", LIBRARY, "--require", program(STATIC[0])],
                ["run", "--library", LIBRARY, "--no-such-option", program(STATIC[0])],
                ["run", "--library", "/nowhere", program(STATIC[0])],
                ["run", "--library", LIBRARY, "/nowhere"]]
        for words in rest:
            with self.subTest(words=words):
                outcome = execute(str(self.start_program), *words)
                self.assertEqual(outcome.code, 125)
                self.assertIn("cannot find the rest of Sealwax", outcome.err)


if __name__ == "__main__":
    unittest.main()
