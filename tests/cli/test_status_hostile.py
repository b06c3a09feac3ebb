# SPDX-License-Identifier: Apache-2.0
"""sealwax status: processes that want to keep whoever looks into them. Run as root."""

import json
import os
import re
import shutil
import time

from rights import main_as_root
from support import SEALWAX, TestCase, clean_environment, execute, program, run, sealwax

STUCK = "does not let itself be looked into"


def workers():
    """PIDs of processes that look and do not come back."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                if file.read().startswith("swxlook-"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


class SilentFiles(TestCase):
    """Programs that have mapped a file of a FUSE file system that takes reads and answers none."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.wait_for_no_worker)

    def silent(self, name, how):
        os.mkdir(self.path(name))
        return self.start(program("silent_files"), self.path(name), how, ready="ready\n")

    def wait_for_no_worker(self):
        """The end of the file system lets them go."""
        for _ in range(100):
            if not workers():
                return
            time.sleep(0.1)
        self.fail("a worker stays")

    def test_mount_that_is_told_is_not_read(self):
        process = self.silent("told", "told")
        started = time.monotonic()
        outcome = sealwax("status", "--json", str(process.pid))
        self.assertLess(time.monotonic() - started, 1.5)
        self.assertEqual(
            (outcome.code, outcome.err),
            (
                1,
                f"sealwax: process {process.pid}: {self.path('told')}/file lies on a file system "
                "that may never answer, so that its memory is not read\n",
            ),
        )
        found = json.loads(outcome.out)["processes"][0]
        self.assertIn("text", found["findings"])
        self.assertEqual(workers(), [])

    def test_one_that_is_not_costs_one_line(self):
        stuck = self.silent("detached", "detached")
        other = self.start(program("layout"), ready="ready\n")
        outcome = sealwax("status", "--json", str(stuck.pid), str(other.pid))
        worker = workers()
        self.assertEqual(len(worker), 1)
        message = f"process {stuck.pid} {STUCK}; PID {worker[0]} still waits for its memory"
        self.assertEqual((outcome.code, outcome.err), (1, f"sealwax: {message}\n"))
        document = json.loads(outcome.out)
        self.assertEqual(document["errors"], [{"pid": stuck.pid, "message": message}])
        self.assertEqual(
            [(found["pid"], found["verdict"]) for found in document["processes"]],
            [(stuck.pid, "unknown"), (other.pid, "open")],
        )

    def test_is_not_asked_again(self):
        stuck = self.silent("detached", "detached")
        sealwax("status", str(stuck.pid))
        worker = workers()
        started = time.monotonic()
        outcome = sealwax("status", "--all")
        self.assertLess(time.monotonic() - started, 15)
        self.assertEqual(
            [line for line in outcome.err.splitlines() if str(stuck.pid) in line],
            [
                f"sealwax: process {stuck.pid} is not looked into again: the last look has not "
                "come back; end it, or the file system that it waits for"
            ],
        )
        rows = [line.split() for line in outcome.out.splitlines()]
        self.assertIn([str(stuck.pid), *["unknown"] * 7, "[silent_files]"], rows)
        self.assertIn(str(os.getpid()), [row[0] for row in rows if row])
        self.assertEqual(workers(), worker)

    def test_no_more_than_four(self):
        stuck = [self.silent(f"mount{n}", "detached") for n in range(5)]
        outcome = sealwax("status", *(str(process.pid) for process in stuck))
        lines = outcome.err.splitlines()
        self.assertEqual((outcome.code, len(lines)), (2, 5))
        for process, line in zip(stuck[:4], lines):
            self.assertRegex(
                line, f"^sealwax: process {process.pid} {STUCK}; PID \\d+ still waits"
            )
        found = workers()
        self.assertEqual(len(found), 4)
        self.assertRegex(
            lines[4],
            r"^sealwax: 4 earlier looks have not come back \(PID (\d+, ){3}\d+\); end the file "
            "systems that they wait for$",
        )
        self.assertEqual(sorted(map(int, re.findall(r"\d+", lines[4])))[1:], sorted(found))

    def required(self, how):
        """A program that a library has map such a file before it begins."""
        os.mkdir(self.path(how))
        environment = clean_environment(
            LD_PRELOAD=program("libsilent_files.so"), SILENT_FOLDER=self.path(how), SILENT_HOW=how,
        )
        return run(program("greet"), options=["--require"], env=environment)

    def test_run_require_does_not_read_a_mount_that_is_told(self):
        self.check(
            self.required("told"), 125,
            err=f"sealwax: {program('greet')} cannot be looked at; ended before its first "
            "instruction (--require)\n",
        )
        self.assertEqual(workers(), [])

    def test_run_require_waits_for_none_that_is_not(self):
        outcome = self.required("detached")
        self.assertEqual((outcome.code, outcome.out), (125, ""))
        self.assertRegex(
            outcome.err,
            rf"^sealwax: {program('greet')} cannot be looked at: process \d+ {STUCK}.*; ended "
            r"before its first instruction \(--require\)\n$",
        )

    def test_worker_keeps_nothing_open(self):
        """Or whoever reads the answer to its end would wait for it."""
        stuck = self.silent("detached", "detached")
        sealwax("status", str(stuck.pid))
        (worker,) = workers()
        self.assertEqual(
            {os.readlink(f"/proc/{worker}/fd/{number}") for number in range(3)}, {"/dev/null"}
        )
        self.assertEqual(os.readlink(f"/proc/{worker}/cwd"), "/")


class Worker(TestCase):
    def test_worker_needs_no_standard_streams(self):
        other = self.start(program("layout"), ready="ready\n")
        outcome = execute("sh", "-c", 'exec "$0" status "$1" <&- 2>&-', SEALWAX, str(other.pid))
        self.assertEqual(outcome.code, 1)
        self.assertIn(f"process {other.pid}: ", outcome.out)


class LinkMaps(TestCase):
    def test_lists_that_lead_back_into_themselves(self):
        process = self.start(program("circular_lists"), ready="ready\n")
        started = time.monotonic()
        outcome = sealwax("status", str(process.pid))
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual((outcome.code, outcome.err), (1, ""))


class Names(TestCase):
    """What a terminal could be steered by."""

    STEERING = {
        "c1": ("\u009b31m", "\\xc2\\x9b31m"),
        "bidirectional": ("\u202egpj", "\\xe2\\x80\\xaegpj"),
        "isolate": ("\u2066x", "\\xe2\\x81\\xa6x"),
        "invalid": ("\udcff\udc9b", "\\xff\\x9b"),
        "line": ("\u2028x", "\\xe2\\x80\\xa8x"),
        "harmless": ("größe ☃ 𝄞", "größe ☃ 𝄞"),
    }

    def process(self, name):
        path = os.fsencode(self.path("")) + name.encode("utf-8", "surrogateescape")
        shutil.copyfile(program("layout"), path)
        os.chmod(path, 0o755)
        return self.start(path, ready="ready\n")

    def test_tables(self):
        for kind, (name, shown) in self.STEERING.items():
            with self.subTest(kind):
                process = self.process(name)
                for options in ([], ["--maps"]):
                    outcome = sealwax("status", *options, str(process.pid))
                    self.assertEqual(
                        outcome.out.splitlines()[0],
                        f"process {process.pid}: {self.folder}/{shown}",
                    )
                    if kind != "harmless":
                        self.assertTrue(outcome.out.isascii())

    def test_json_is_ascii(self):
        for name, _ in self.STEERING.values():
            text = sealwax("status", "--json", "--maps", str(self.process(name).pid)).out
            self.assertTrue(text.isascii())
            self.assertEqual(
                json.loads(text)["processes"][0]["exe"],
                f"{self.folder}/" + name.replace("\udcff", "\ufffd").replace("\udc9b", "\ufffd"),
            )

    def test_metrics(self):
        for kind, (name, _) in {"esc": ("\033[31m", ""), **self.STEERING}.items():
            with self.subTest(kind):
                process = self.process(name)
                text = sealwax("status", "--format", "prometheus", str(process.pid)).out
                expected = re.sub("[\033\u009b\u202e\u2066\u2028\udcff\udc9b]", "\ufffd", name)
                self.assertIn(f'program="{self.folder}/{expected}"', text)
                self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u2028]")


if __name__ == "__main__":
    main_as_root()
