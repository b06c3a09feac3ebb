# SPDX-License-Identifier: Apache-2.0
"""Static programs that are sealed as they start: they outlive whoever does it."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BUILT = os.environ["SEALWAX_TEST_PROGRAMS"]
NEVER = 0


def sealed_mappings(pid):
    return pathlib.Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").count(" sl")


class Start(unittest.TestCase):
    def start(self, death, name):
        """How much of it was sealed; it works, where it may and by its own signal mask, in any case."""
        with subprocess.Popen([os.path.join(BUILT, "start"), str(death), os.path.join(BUILT, name), "argument"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            self.assertEqual(process.stdout.readline(), "1 argument 99999\n", f"death {death}")
            self.assertEqual(os.sched_getaffinity(process.pid), os.sched_getaffinity(0))
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            self.assertIn("SigBlk:\t0000000000000000\n", status)
            self.assertIn("SigPnd:\t0000000000000000\n", status)
            sealed = sealed_mappings(process.pid)
            process.stdin.close()
            self.assertEqual(process.wait(), 3, f"death {death}")
            self.assertEqual(process.stderr.read(), "")
        return sealed

    def test_death_at_any_step_leaves_it_running(self):
        for name in ("stay_static", "stay_static_pie"):
            with self.subTest(program=name):
                whole = self.start(NEVER, name)
                death, lived = 0, 0
                while lived < 5:  # what comes behind the last seal is a few steps
                    death += 1
                    lived = lived + 1 if self.start(death, name) == whole else 0
                self.assertGreater(death, 30)
                self.assertEqual(self.start(1, name), 0)

    def test_death_at_any_moment_of_what_sealwax_is(self):
        """Its helper lives in memory that was the program's own before it was executed."""
        killed = 0
        with tempfile.TemporaryDirectory() as folder:
            # A path by which its processes are known, and the tool where it finds it.
            for name, file in (("start", "SEALWAX"), ("cli", "SEALWAX_COMMANDS")):
                os.mkdir(os.path.join(folder, name))
                shutil.copy(os.environ[file], os.path.join(folder, name, "sealwax"))
            tool = os.path.join(folder, "start", "sealwax")
            for _ in range(200):
                words = [tool, "run", "--library", os.environ["SEALWAX_LIBRARY"],
                         os.path.join(BUILT, "stay_static"), "argument"]
                with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True) as process:
                    time.sleep(random.uniform(0, 0.0015))
                    killed += self.kill_helper(process.pid, tool)
                    self.assertEqual(process.stdout.readline(), "1 argument 99999\n")
                    process.stdin.close()
                    self.assertEqual(process.wait(), 3)
                    self.assertEqual(process.stderr.read(), "")
        self.assertGreater(killed, 0)

    def kill_helper(self, pid, tool):
        """Whether there was one: most often it is the second process behind."""
        for helper in range(pid + 1, pid + 5):
            try:
                if os.readlink(f"/proc/{helper}/exe") == tool:
                    os.kill(helper, signal.SIGKILL)
                    return True
            except OSError:
                continue
        return False


if __name__ == "__main__":
    unittest.main()
