"""sealwax status: the policy that a process holds, whatever has become of its file since."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from support import LIBRARY, TestCase, clean_environment, program, sealwax

CHANGED = "policy changed since it started"
REGIONS = ["text", "rodata", "relro", "gaps", "vdso"]


class Policies(TestCase):
    def policy(self, text, name="policy"):
        return self.write(name, "sealwax-policy 1\n[defaults]\nreport-to = none\n" + text)

    def sealed(self, text, *command, name="policy"):
        """The PID of a process under the library and a policy."""
        process = self.start(
            *(command or ["/bin/sh", "-c", "echo ready; read line"]), ready="ready\n",
            env=clean_environment(
                LD_PRELOAD=LIBRARY, SEALWAX_POLICY=self.policy(text, name)
            ),
        )
        return process.pid

    def status(self, pid):
        outcome = sealwax("status", "--json", str(pid))
        return outcome, json.loads(outcome.out)["processes"][0]


class Edited(Policies):
    def test_the_old_one_holds(self):
        pid = self.sealed("seal = text\n")
        self.policy("mode = off\n")
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(
            (found["verdict"], found["wanted"], found["policy"], found["notes"]),
            ("sealed", ["text"], self.path("policy"), [CHANGED]),
        )

    def test_so_does_one_that_wants_less(self):
        pid = self.sealed("mode = audit\n")
        self.policy("mode = enforce\n")
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, found["verdict"]), (0, "observed"))
        self.assertEqual(found["notes"], [CHANGED])

    def test_table_and_lines_say_so(self):
        pid = self.sealed("seal = text\n")
        self.policy("seal = rodata\n")
        self.assertEqual(
            sealwax("status", str(pid)).out.splitlines()[1:3],
            [f"policy: {self.path('policy')}", f"note: {CHANGED}"],
        )
        self.assertIn(f"\nprocess {pid}: {CHANGED}\n", sealwax("status", "--all").out)

    def test_change_that_changes_nothing(self):
        pid = self.sealed("seal = text\n")
        self.policy("# the same\nseal = text\n[program /nobody]\nmode = off\n")
        self.assertEqual(self.status(pid)[1]["notes"], [])

    def test_file_that_is_gone(self):
        pid = self.sealed("seal = text\n")
        os.unlink(self.path("policy"))
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, found["wanted"]), (0, ["text"]))
        problem = f"cannot read the policy {self.path('policy')}: No such file or directory"
        self.assertEqual(found["notes"], [f"{CHANGED}: {problem}"])

    def test_sections_of_objects(self):
        pid = self.sealed("seal = text\n[object libc.so*]\nseal = none\n")
        self.policy("seal = text\n")
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, found["verdict"]), (0, "sealed"))
        self.assertEqual((found["verdicts"]["text"], found["notes"]), ("partly", [CHANGED]))

    def test_policy_of_many_sections(self):
        """It lies in pages of its own."""
        sections = "".join(f"[object lib{n}.so]\nseal = none\n" for n in range(200))
        pid = self.sealed("seal = text\n" + sections + "[object libc.so*]\nseal = rodata\n")
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, outcome.err, found["notes"]), (0, "", []))
        self.assertEqual(found["wanted"], ["text", "rodata"])
        self.policy("seal = text\n")
        self.assertEqual(self.status(pid)[1]["wanted"], ["text", "rodata"])


class WithoutEnvironment(Policies):
    def test_program_that_writes_over_it(self):
        pid = self.sealed("seal = text\n", program("forget_environment"))
        with open(f"/proc/{pid}/environ", "rb") as file:
            self.assertNotIn(b"SEALWAX_POLICY", file.read())
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual((found["policy"], found["wanted"]), (self.path("policy"), ["text"]))
        self.assertEqual(found["notes"], [])

    @unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
    def test_nginx(self):
        settings = self.write(
            "nginx.conf",
            f"daemon off;\npid {self.path('pid')};\nerror_log {self.path('log')};\n"
            "events { }\n",
        )
        process = subprocess.Popen(
            [shutil.which("nginx"), "-c", settings, "-e", self.path("log")],
            env=clean_environment(LD_PRELOAD=LIBRARY, SEALWAX_POLICY=self.policy("seal = text\n")),
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGTERM)
        for _ in range(200):
            if os.path.exists(self.path("pid")) and os.path.getsize(self.path("pid")) > 0:
                break
            time.sleep(0.05)
        outcome, found = self.status(process.pid)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual((found["policy"], found["wanted"]), (self.path("policy"), ["text"]))


class Unknown(Policies):
    """A page that is not sealed shows what anybody wrote there."""

    def test_page_that_is_not_sealed(self):
        filtered = [os.environ["SEALWAX_TEST_FILTER"], "mseal=EPERM", "--"]
        pid = self.sealed("seal = text\n", *filtered, "/bin/sh", "-c", "echo ready; read line")
        outcome, found = self.status(pid)
        message = (
            f"process {pid}: which policy it holds cannot be told: the page where the library "
            "shows it is not sealed"
        )
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {message}\n"))
        self.assertEqual(
            (found["verdict"], found["policy_known"], found["policy"], found["wanted"]),
            ("unknown", False, None, []),
        )
        self.assertEqual({found["verdicts"][region] for region in ("text", "vdso")}, {"unknown"})
        self.assertIn("\npolicy: unknown\n", sealwax("status", str(pid)).out)


class Faulty(Policies):
    def test_built_in_default_holds(self):
        pid = self.sealed("colour = red\n")
        outcome, found = self.status(pid)
        self.assertEqual(
            (outcome.code, outcome.err),
            (
                2,
                f"sealwax: process {pid}: {self.path('policy')}:4:1: unknown key ('colour'); "
                "compared with the built-in default instead\n",
            ),
        )
        self.assertEqual((found["wanted"], found["findings"]), (REGIONS, []))

    def test_also_once_the_file_is_mended(self):
        pid = self.sealed("colour = red\n")
        self.policy("seal = text\n")
        outcome, found = self.status(pid)
        self.assertEqual(
            (outcome.code, outcome.err),
            (
                2,
                f"sealwax: process {pid}: the policy that it found at its start was not taken; "
                "compared with the built-in default instead\n",
            ),
        )
        self.assertEqual(found["wanted"], REGIONS)


if __name__ == "__main__":
    unittest.main()
