# SPDX-License-Identifier: Apache-2.0
"""sealwax status: what it calls sealed, and what it does not, in processes of the library."""

import json
import os
import shutil
import unittest

from support import (
    LIBRARY,
    REGIONS,
    SEALWAX,
    TestCase,
    clean_environment,
    program,
    sealwax,
    status_of_all,
)

CODE = ["text", "rodata", "relro"]


class Verdicts(TestCase):
    def policy(self, name, text):
        return self.write(name, "sealwax-policy 1\n[defaults]\nreport-to = none\n" + text)

    def shell(self, policy, *before):
        """The PID of a shell under the library and a policy."""
        process = self.start(
            *before, "/bin/sh", "-c", "echo ready; read line", ready="ready\n",
            env=clean_environment(LD_PRELOAD=LIBRARY, SEALWAX_POLICY=self.policy("policy", policy)),
        )
        return process.pid

    def status(self, pid, *options):
        outcome = sealwax("status", "--json", *options, str(pid))
        document = json.loads(outcome.out)
        return outcome.code, document["ok"], document["processes"][0]

    def conclusion(self, pid):
        """The lines of the table behind the regions."""
        return sealwax("status", str(pid)).out.splitlines()[3 + len(REGIONS):]


class Sealed(Verdicts):
    def test_in_enforce(self):
        pid = self.shell("mode = enforce\n")
        for options in ([], ["--require-enforce"]):
            code, ok, found = self.status(pid, *options)
            self.assertEqual((code, ok, found["ok"], found["verdict"]), (0, True, True, "sealed"))
            self.assertEqual({found["verdicts"][region] for region in CODE}, {"sealed"})
            self.assertEqual(found["verdicts"]["data"], "off")
        self.assertEqual(self.conclusion(pid), [])


class LeftOpen(Verdicts):
    """The last line says which line of which policy leaves open what can be executed."""

    def excuse(self, policy, *wanted):
        pid = self.shell(policy)
        # A second argument that is no PID has them listed, not shown one by one.
        own = f"/proc/{pid}/exe"
        outcome = sealwax("status", os.readlink(own))
        line = outcome.out.splitlines()[-1]
        self.assertTrue(line.startswith("of what can be executed: "), outcome.out)
        for cause in wanted:
            self.assertRegex(line, rf" \d+\.\d\d % left open by {self.path('policy')}:{cause}[,)]? ")

    def test_by_the_mode(self):
        self.excuse("mode = audit\n", r"4 \(observed\)")
        self.excuse("mode = off\n", r"4 \(off\)")

    def test_by_a_program(self):
        self.excuse(
            "mode = enforce\n[program *sh]\nseal = +data\n[program *sh]\nseal = -text\n[program *sh]\nseal = +stack\n",
            r"8 \(off\)",
        )

    def test_by_an_object_and_the_kernels_mapping(self):
        self.excuse(
            "seal = -vdso\n[object libc.so.6]\nonly-in = /nowhere\nseal = -text\n"
            "[object libc.so.6]\nonly-in = *sh\nseal = -text\n",
            r"4 \(off\)", r"10 \(off\)",
        )

    def test_that_says_something_else_by_now(self):
        """The file, without a line of which nobody knows what it said."""
        pid = self.shell("seal = -text\n")
        self.policy("policy", "seal = -rodata\n")
        outcome = sealwax("status", os.readlink(f"/proc/{pid}/exe"))
        self.assertIn(f" % left open by {self.path('policy')} (off), ", outcome.out.splitlines()[-1])


class InPrivateMemory(Verdicts):
    """Text and rodata without a file behind them: only their program headers tell what they are."""

    def objects(self, found):
        return {part["object"] for part in found["maps"] if part["region"] == "data"} - {None}

    def test_is_found_and_sealed(self):
        code, ok, found = self.status(self.shell("text = private\n"), "--maps")
        in_place = self.status(self.shell("text = in-place\n"), "--maps")[2]
        self.assertEqual((code, ok, found["verdict"]), (0, True, "sealed"))
        self.assertEqual(found["wanted"], in_place["wanted"])
        self.assertEqual(self.objects(found), self.objects(in_place))
        self.assertGreater(len(self.objects(found)), 3)
        for region in (*CODE, "vdso"):
            self.assertEqual(found["verdicts"][region], "sealed")
            sealed = found["regions"][region]
            self.assertEqual(sealed["bytes"], in_place["regions"][region]["bytes"])
            self.assertEqual(sealed["sealed_bytes"], sealed["bytes"])
        text = [part for part in found["maps"] if part["region"] == "text"]
        self.assertEqual({part["name"] for part in text}, {""})

    def test_that_had_to_stay_in_its_file(self):
        pid = self.shell(
            "text = private\n", os.environ["SEALWAX_TEST_FILTER"], "mremap=EPERM", "--"
        )
        code, _, found = self.status(pid)
        self.assertEqual((code, found["verdict"]), (1, "contents-open"))
        self.assertEqual(found["findings"], CODE)


class OnSharedMemory(Verdicts):
    """Whose pages userfaultfd may replace: it is moved from there, or its contents are open."""

    def setUp(self):
        super().setUp()
        self.shell_in_memory = f"/dev/shm/sealwax-test-{os.getpid()}"
        shutil.copy("/bin/sh", self.shell_in_memory)
        self.addCleanup(os.unlink, self.shell_in_memory)

    def start_there(self, policy, *before):
        process = self.start(
            *before, self.shell_in_memory, "-c", "echo ready; read line", ready="ready\n",
            env=clean_environment(LD_PRELOAD=LIBRARY, SEALWAX_POLICY=self.policy("policy", policy)),
        )
        return process.pid

    def test_is_moved_from_there(self):
        code, _, found = self.status(self.start_there("text = auto\n"))
        self.assertEqual((code, found["verdict"]), (0, "sealed"))

    def test_stays_there_where_the_policy_says_so(self):
        code, _, found = self.status(self.start_there("text = in-place\n"))
        self.assertEqual((code, found["verdict"]), (0, "sealed"))

    def test_had_to_stay(self):
        pid = self.start_there("text = auto\n", os.environ["SEALWAX_TEST_FILTER"], "mremap=EPERM",
                               "--")
        code, _, found = self.status(pid)
        self.assertEqual((code, found["verdict"], found["findings"]), (1, "contents-open", CODE))


class ContentsOpen(Verdicts):
    """RELRO that stayed in its file: madvise() puts the file's bytes back, sealed or not."""

    def setUp(self):
        super().setUp()
        # Neither is this library's text to be moved, where it was built in memory.
        self.pid = self.shell(
            "text = in-place\n", os.environ["SEALWAX_TEST_FILTER"], "mremap=EPERM", "--"
        )

    def test_is_a_finding(self):
        code, ok, found = self.status(self.pid, "--maps")
        self.assertEqual((code, ok, found["ok"]), (1, False, False))
        self.assertEqual((found["verdict"], found["findings"]), ("contents-open", ["relro"]))
        self.assertEqual(found["verdicts"]["relro"], "contents-open")
        self.assertEqual(found["verdicts"]["text"], "sealed")
        relro = [part for part in found["maps"] if part["region"] == "relro"]
        self.assertEqual(
            {(part["sealed"], part["finding"], part["verdict"]) for part in relro},
            {(True, True, "contents-open")},
        )

    def test_table_says_so(self):
        self.assertEqual(
            self.conclusion(self.pid), ["sealed, and its contents can be changed still: relro"]
        )

    def test_is_no_part_of_what_is_sealed(self):
        for threshold, code in (("100", 1), ("50", 0)):
            self.assertEqual(
                sealwax("status", "--threshold", threshold, str(self.pid)).code, code
            )


class Observed(Verdicts):
    def test_nothing_is_called_sealed(self):
        pid = self.shell("mode = audit\n")
        code, ok, found = self.status(pid)
        self.assertEqual((code, ok, found["ok"], found["verdict"]), (0, True, True, "observed"))
        self.assertEqual((found["wanted"], found["findings"]), ([], []))
        self.assertEqual(found["observed"], ["text", "rodata", "relro", "gaps", "vdso"])
        self.assertEqual({found["verdicts"][region] for region in CODE}, {"observed"})
        self.assertEqual(
            self.conclusion(pid),
            ["observed: the policy has refusals reported, and nothing sealed"],
        )

    def test_is_a_finding_where_it_is_to_be_enforced(self):
        pid = self.shell("mode = audit\n")
        code, ok, found = self.status(pid, "--require-enforce")
        self.assertEqual((code, ok, found["ok"], found["verdict"]), (1, False, False, "observed"))
        self.assertEqual(
            sealwax("status", "--require-enforce", "--threshold", "0", str(pid)).code, 1
        )

    def test_what_seals_itself_is_not_called_sealed(self):
        policy = self.policy("policy", "mode = audit\n")
        process = self.start(
            program("layout"), ready="ready\n", env=clean_environment(SEALWAX_POLICY=policy)
        )
        code, _, found = self.status(process.pid)
        self.assertEqual((code, found["verdict"]), (0, "observed"))
        self.assertEqual(found["verdicts"]["text"], "observed")

    def test_among_others(self):
        pid = self.shell("mode = audit\n")
        lines = status_of_all()
        row = next(line.split() for line in lines if line.split()[:1] == [str(pid)])
        self.assertEqual(row[1:4], ["observed"] * 3)
        self.assertRegex(lines[-2], r", [1-9]\d* observed, ")

    def test_metric(self):
        pid = self.shell("mode = audit\n")
        lines = sealwax("status", "--format", "prometheus", str(pid)).out.splitlines()
        values = {
            line.split('verdict="')[1].split('"')[0]: line.split()[-1]
            for line in lines
            if line.startswith("sealwax_processes{")
        }
        self.assertEqual(values.pop("observed"), "1")
        self.assertEqual(set(values.values()), {"0"})


class Off(Verdicts):
    def test_nothing_is_called_sealed(self):
        for policy in ("mode = off\n", "seal = none\n"):
            pid = self.shell(policy)
            code, ok, found = self.status(pid)
            self.assertEqual((code, ok, found["ok"], found["verdict"]), (0, True, True, "off"))
            self.assertEqual((found["wanted"], found["observed"]), ([], []))
            self.assertEqual({found["verdicts"][region] for region in CODE}, {"off"})
            self.assertEqual(self.conclusion(pid), ["off: the policy wants nothing sealed"])
            self.assertEqual(self.status(pid, "--require-enforce")[0], 1)


if __name__ == "__main__":
    unittest.main()
