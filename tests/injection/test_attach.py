# SPDX-License-Identifier: Apache-2.0
"""Processes that are stopped and made to make calls: they take no notice, and outlive whoever does it."""

import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

BUILT = os.environ["SEALWAX_TEST_PROGRAMS"]
VISITS = int(os.environ.get("SEALWAX_ATTACHES", "300"))
# More than there are steps in one visit.
MANY = 1000


class Attach(unittest.TestCase):
    def setUp(self):
        self.victim = None

    def start(self, *words):
        self.start_program("wait_in_calls", *words)

    def start_program(self, name, *words):
        self.victim = subprocess.Popen([os.path.join(BUILT, name), *words],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.victim.kill)
        self.assertEqual(self.victim.stdout.readline(), "waiting\n")

    def visit(self, times, *death):
        return subprocess.run(
            [os.path.join(BUILT, "attach"), str(self.victim.pid), str(times), *death],
            stdout=subprocess.PIPE, text=True, check=False, timeout=200)

    def visit_often(self):
        outcome = self.visit(VISITS)
        self.assertEqual(outcome.returncode, 0, outcome.stdout)

    def blocked_signals(self):
        """The first thread's, once it does what it is there for: it waits for input."""
        folder = pathlib.Path("/proc", str(self.victim.pid))
        while self.victim.poll() is None and not (folder / "syscall").read_text().startswith("0 0x0 "):
            time.sleep(0.001)
        return re.search("^SigBlk:.*$", (folder / "status").read_text(), re.MULTILINE)[0]

    def finish(self):
        """Every thread has gone on, and each call has had the answer that it has without us."""
        rounds, _ = self.victim.communicate(timeout=60)
        self.assertEqual(self.victim.returncode, 0, rounds)
        self.assertGreater(int(rounds), 0)

    def test_calls_that_wait_under_a_filter_that_kills_for_restart_syscall(self):
        self.start("filtered")
        self.visit_often()
        self.finish()

    def test_calls_that_wait_are_not_interrupted(self):
        self.start()
        self.visit_often()
        self.finish()

    def test_signals_go_on_meanwhile(self):
        self.start("signals")
        self.visit_often()
        self.finish()

    def test_children_of_one_thread_end_meanwhile(self):
        """Their ends wake up no other thread, even if it takes long until all threads are traced, and
        are no more."""
        self.start("parent")
        self.visit_often()
        outcome = self.visit(min(VISITS, 20), "slow")
        self.assertEqual(outcome.returncode, 0, outcome.stdout)
        self.finish()

    def test_children_of_several_threads_end_meanwhile(self):
        """Which can interrupt a call of one while another is traced, as the kernel ignores no signal of
        a traced thread."""
        self.start("interrupts")
        self.visit_often()
        self.finish()

    def test_who_forks_loads_traces_or_is_stopped(self):
        for words in (["fork"], ["load", os.path.join(BUILT, "libinjection-idle.so")], ["trace"], ["stops"]):
            with self.subTest(at=words[0]):
                self.start_program("trouble", *words)
                self.visit_often()
                self.finish()

    def test_death_at_any_step_leaves_it_running(self):
        """What was interrupted then can answer EINTR, as behind any tracer that dies."""
        for words in ([], ["signals"]):
            self.start("interrupts", *words)
            died, blocked = 0, self.blocked_signals()
            while (outcome := self.visit(1, str(died + 1))).returncode == -signal.SIGKILL:
                self.assertIsNone(self.victim.poll(), f"it died with step {died + 1}")
                self.assertEqual(self.blocked_signals(), blocked, f"it blocks others with step {died + 1}")
                died += 1
                self.assertLess(died, MANY)
            self.assertEqual(outcome.returncode, 0)
            self.assertGreater(died, 50)
            self.finish()


if __name__ == "__main__":
    unittest.main()
