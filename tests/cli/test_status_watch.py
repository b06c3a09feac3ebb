# SPDX-License-Identifier: Apache-2.0
"""sealwax status: looking again and again, and options that do not go together."""

import json
import os
import pty
import re
import signal
import subprocess
import unittest

from status_processes import Processes
from support import SEALWAX, TestCase, clean_environment, sealwax

HINT = "; 'sealwax status --help' tells how to use it\n"


class Watching(Processes):
    def end_after_two_rounds(self, number, code, *arguments):
        """What came, without the times."""
        with subprocess.Popen(
            [SEALWAX, "status", *arguments], stdout=subprocess.PIPE, text=True,
            env=clean_environment(),
        ) as process:
            text = ""
            while text.count("--- ") < 2:
                text += process.stdout.readline()
            process.send_signal(number)
            text += process.stdout.read()
            self.assertEqual(process.wait(), code)
        return re.split(r"^--- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", text, flags=re.M)

    def test_rounds_in_a_pipe(self):
        for number, seal, code in ((signal.SIGINT, "text", 0), (signal.SIGTERM, "rodata", 1)):
            pid = str(self.layout("layout", seal))
            plain = sealwax("status", pid)
            self.assertEqual(plain.code, code)
            rounds = self.end_after_two_rounds(number, code, "--watch", "0.2", pid)
            self.assertEqual(rounds[0], "")
            self.assertEqual(set(rounds[1:]), {plain.out})

    def test_code_is_that_of_the_last_look(self):
        pid = self.layout("layout", "text")
        with subprocess.Popen(
            [SEALWAX, "status", str(pid), "--watch=0.1"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=clean_environment(),
        ) as process:
            self.assertTrue(process.stdout.readline().startswith("--- "))
            os.kill(pid, signal.SIGKILL)
            self.assertRegex(process.stderr.readline(), rf"^sealwax: (there is no )?process {pid}")
            process.send_signal(signal.SIGINT)
            process.communicate()
            self.assertEqual(process.returncode, 2)

    def test_ignored_signal_stays_ignored(self):
        """As in a shell's background job."""
        pid = str(self.layout("layout", "text"))
        with subprocess.Popen(
            ["sh", "-c", 'trap "" INT; exec "$@"', "sh", SEALWAX, "status", "--watch", "0.1", pid],
            stdout=subprocess.PIPE, text=True, env=clean_environment(),
        ) as process:
            self.assertTrue(process.stdout.readline().startswith("--- "))
            process.send_signal(signal.SIGINT)
            later = [process.stdout.readline() for _ in range(40)]
            self.assertEqual(len([line for line in later if line.startswith("process ")]), 4)
            process.terminate()
            process.communicate()
            self.assertEqual(process.returncode, 0)

    def test_screen_on_a_terminal(self):
        pid = str(self.layout("layout", "text"))
        master, slave = pty.openpty()
        with subprocess.Popen(
            [SEALWAX, "status", "--color", "never", "--watch", "0.2", pid], stdin=slave,
            stdout=slave, env=clean_environment(TERM="xterm"), start_new_session=True,
        ) as process:
            os.close(slave)
            screen = b""
            while screen.count(b"\033[H\033[J") < 2:
                screen += os.read(master, 65536)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(), 0)
        os.close(master)
        first = screen.decode().replace("\r\n", "\n").split("\033[H\033[J")[1]
        heading, rest = first.split("\n\n", 1)
        self.assertRegex(heading, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, every 0\.2 s; \^C ends$")
        self.assertEqual(rest, sealwax("status", pid).out)

    def test_disk_that_is_full(self):
        pid = str(self.layout("layout", "text"))
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(
                [SEALWAX, "status", "--watch", "0.1", pid], stdout=full, stderr=subprocess.PIPE,
                text=True, env=clean_environment(), check=False, timeout=30,
            )
        self.assertEqual(result.returncode, 2)
        self.assertEqual(
            result.stderr.splitlines()[0],
            "sealwax: cannot write the answer to stdout: No space left on device; it is cut short",
        )


class Usage(TestCase):
    def test_combinations(self):
        for arguments, problem in (
            (["--watch", "1234"], "no PID given, nor --all (--watch took 1234 for its seconds)"),
            (["--watch", "x", "1"], "--watch takes 0.1 to 86400 seconds, not 'x'"),
            (["--watch=0", "1"], "--watch takes 0.1 to 86400 seconds, not '0'"),
            (["--watch=nan", "1"], "--watch takes 0.1 to 86400 seconds, not 'nan'"),
            (
                ["1", "--watch", "--format", "prometheus"],
                "--watch is for tables: a document is one answer",
            ),
            (
                ["1", "--json", "--format", "prometheus"],
                "--json and --format prometheus exclude each other",
            ),
            (["--unit", "a", "1"], "--unit and a PID exclude each other"),
            (["--user", "0", "1"], "--user and a PID exclude each other"),
            (["--user", "no-such-user"], "there is no user 'no-such-user'"),
        ):
            with self.subTest(arguments=arguments):
                outcome = sealwax("status", *arguments)
                self.assertEqual((outcome.code, outcome.err), (64, f"sealwax: {problem}{HINT}"))

    def test_document_of_wrong_usage(self):
        for arguments in (["--json"], ["--format", "json"], ["--format=json"]):
            outcome = sealwax("status", *arguments)
            self.assertEqual(outcome.code, 64)
            self.assertEqual(
                json.loads(outcome.out)["errors"],
                [{"pid": None, "message": "no PID given, nor --all"}],
            )

    def test_bad_words(self):
        for option in ("--sort", "--format"):
            outcome = sealwax("status", option, "x", "1")
            self.assertEqual((outcome.code, outcome.out), (64, ""))
            self.assertIn(option, outcome.err)


if __name__ == "__main__":
    unittest.main()
