# SPDX-License-Identifier: Apache-2.0
"""sealwax status: the policy that a process holds, whatever has become of its file since."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from support import LIBRARY, SEALWAX, TestCase, clean_environment, execute, program, run, sealwax

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


class WritableByOthers(Policies):
    """Who may write the policy says what is sealed."""

    def note(self, mode):
        os.chmod(self.path("policy"), mode)
        return (
            f"the policy {self.path('policy')} has mode {mode:04o}, so that everybody may write "
            "there"
        )

    def test_is_told_by_status(self):
        pid = self.sealed("seal = text\n")
        note = self.note(0o666)
        outcome, found = self.status(pid)
        self.assertEqual((outcome.code, outcome.err, found["notes"]), (0, "", [note]))

    def test_so_is_a_folder_of_others(self):
        os.mkdir(self.path("open"))
        os.chmod(self.path("open"), 0o777)
        pid = self.sealed("seal = text\n", name="open/policy")
        self.assertEqual(
            self.status(pid)[1]["notes"],
            [
                f"the policy {self.path('open/policy')} is in a folder of others: "
                f"{self.path('open')} has mode 0777, so that everybody may write there"
            ],
        )

    def test_is_told_by_all_that_use_it(self):
        policy = self.policy("seal = text\n")
        warning = f"sealwax: warning: {self.note(0o622)}\n"
        environment = clean_environment(SEALWAX_POLICY=policy)
        greet = program("greet")
        self.check(run(greet, env=environment), 3, "hello\n", warning)
        for command in (
            ["plan", "--policy", policy, "--library", LIBRARY, greet],
            ["policy", "check", policy],
            ["policy", "show", "--policy", policy],
            ["policy", "explain", "--policy", policy, greet],
            ["learn", "--policy", policy, "--library", LIBRARY, "--", greet],
        ):
            with self.subTest(command=command[:2]):
                self.assertIn(warning, sealwax(*command).err)

    def test_users_own_is_no_news(self):
        self.policy("seal = text\n")
        for mode in (0o600, 0o644):
            os.chmod(self.path("policy"), mode)
            self.check(run(program("greet"), options=["--policy", self.path("policy")]), 3, "hello\n")


class NoPolicy(Policies):
    """What is no policy is not opened for reading, and what is endless is not read to its end."""

    def problem(self, path):
        outcome = run(program("greet"), options=["--policy", path])
        self.assertEqual((outcome.code, outcome.out), (125, ""))
        return outcome.err

    def test_device(self):
        self.assertEqual(
            self.problem("/dev/zero"),
            "sealwax: cannot read the policy /dev/zero: not a regular file\n",
        )

    def test_sparse_file(self):
        path = self.write("sparse", "sealwax-policy 1\n")
        os.truncate(path, 40 << 30)
        self.assertEqual(
            self.problem(path), f"sealwax: cannot read the policy {path}: larger than 1 MiB\n"
        )

    def test_fifo_has_no_reader_for_a_moment(self):
        """To open it lets a writer go on that waits for somebody to read."""
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        writer = subprocess.Popen(["sh", "-c", f"exec 3>{fifo}; echo opened"])
        self.addCleanup(writer.wait)
        self.addCleanup(writer.kill)
        time.sleep(0.2)
        for look in (
            lambda: self.problem(fifo),
            lambda: sealwax("policy", "check", fifo),
            lambda: self.status(
                self.start(
                    program("layout"), ready="ready\n", env=clean_environment(SEALWAX_POLICY=fifo)
                ).pid
            ),
        ):
            look()
            self.assertIsNone(writer.poll())


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


    def test_kernel_that_seals_nothing(self):
        """A filter's ENOSYS is all that is to be seen of one. What would be wanted is open, then."""
        filtered = [os.environ["SEALWAX_TEST_FILTER"], "mseal=ENOSYS", "--"]
        pid = self.sealed("seal = text\n", *filtered, "/bin/sh", "-c", "echo ready; read line")
        outcome = execute(*filtered, SEALWAX, "status", "--json", str(pid))
        found = json.loads(outcome.out)["processes"][0]
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertEqual((found["verdict"], found["findings"], found["notes"]),
                         ("open", ["text"], ["this kernel has no mseal(2): nothing can be sealed"]))


class Faulty(Policies):
    def test_built_in_default_holds(self):
        pid = self.sealed("mode = enforce\ncolour = red\n")
        outcome, found = self.status(pid)
        self.assertEqual(
            (outcome.code, outcome.err),
            (
                2,
                f"sealwax: process {pid}: {self.path('policy')}:5:1: unknown key ('colour'); "
                "the built-in default holds instead\n",
            ),
        )
        self.assertEqual((found["wanted"], found["findings"]), (REGIONS, []))

    def test_observed_where_it_does_not_say_enforce(self):
        outcome, found = self.status(self.sealed("mode = observe\n"))
        self.assertEqual(outcome.code, 2)
        self.assertIn("('observe'); nothing is sealed: the built-in default only observes\n",
                      outcome.err)
        self.assertEqual((found["wanted"], found["observed"]), ([], REGIONS))

    def test_also_once_the_file_is_mended(self):
        pid = self.sealed("mode = enforce\ncolour = red\n")
        self.policy("seal = text\n")
        outcome, found = self.status(pid)
        self.assertEqual(
            (outcome.code, outcome.err),
            (
                2,
                f"sealwax: process {pid}: the policy that it found at its start was not taken; "
                "the built-in default holds instead\n",
            ),
        )
        self.assertEqual(found["wanted"], REGIONS)


if __name__ == "__main__":
    unittest.main()
