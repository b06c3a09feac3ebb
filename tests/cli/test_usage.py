# SPDX-License-Identifier: Apache-2.0
"""Wrong usage, help, and output that cannot be written."""

import json
import os
import subprocess
import unittest

from support import COMMANDS, LIBRARY, SEALWAX, TestCase, clean_environment, execute, sealwax

STATUS_HINT = "; 'sealwax status --help' tells how to use it\n"
RUN_HINT = "; 'sealwax run --help' tells how to use it\n"


class Usage(TestCase):
    def test_no_command(self):
        self.check(
            sealwax(), 64, err="sealwax: no command given; 'sealwax --help' lists the commands\n"
        )

    def test_unknown_command(self):
        self.check(
            sealwax("fro\x1bbnicate"),
            64,
            err="sealwax: there is no command 'fro\\x1bbnicate'; 'sealwax --help' lists the commands\n",
        )

    def test_command_that_is_nearly_one(self):
        self.check(
            sealwax("stauts"),
            64,
            err="sealwax: there is no command 'stauts'; did you mean 'status'? 'sealwax --help' lists the commands\n",
        )

    def test_version(self):
        """The library is not beside the tool that Meson has built."""
        version = os.environ["SEALWAX_VERSION"]
        self.check(sealwax("--version"), 0, f"sealwax {version}\nlibsealwax.so is not installed\n")
        tool = self.copy(COMMANDS, "bin/sealwax", 0o755)
        library = self.copy(os.environ["SEALWAX_LIBRARY"], "bin/libsealwax.so", 0o644)
        self.check(
            execute(tool, "--version"), 0, f"sealwax {version}\nlibsealwax.so {version}, {library}\n"
        )
        self.write("bin/libsealwax.so", "no library\n")
        self.check(
            execute(tool, "--version"), 0, f"sealwax {version}\nlibsealwax.so unknown, {library}\n"
        )

    def test_help_lists_the_commands(self):
        outcome = sealwax("--help")
        self.check(outcome, 0, outcome.out)
        self.assertEqual(outcome.out.splitlines()[0], "Usage: sealwax COMMAND [ARGUMENT...]")
        for command in ("run", "learn", "status", "report", "plan", "policy", "doctor", "selftest", "bench",
                        "install", "systemd", "uninstall"):
            self.assertIn(f"\n  {command} ", outcome.out)
            self.assertEqual(sealwax(command, "--help").code, 0)

    def test_help_names_every_option(self):
        expected = {
            "plan": ["--check", "--package", "--ignore", "--objects", "--quiet", "--count", "--policy", "--library", "--root", "--json",
                     "--color", "--help"],
            "policy": ["--policy", "--program", "--dry-run", "--root", "--no-files", "--json", "--color", "--help"],
            "status": ["--all", "--package", "--quiet", "--count", "--unit", "--user", "--sort", "--maps", "--threshold", "--watch"]
            + ["--format", "--json", "--color", "--help"],
            "doctor": ["--library", "--root", "--filters", "--strict", "--ignore", "--json", "--color", "--help"],
            "selftest": ["--policy", "--library", "--json", "--color", "--help"],
            "bench": ["-n, --runs", "--policy", "--library", "--output", "--json", "--color"]
            + ["--help"],
            "install": ["--dry-run", "--root", "--library", "--json", "--help"],
            "uninstall": ["--dry-run", "--root", "--json", "--help"],
            "systemd": ["--policy", "--library", "--print", "--dry-run", "--remove", "--verify"]
            + ["--root", "--json", "--color", "--help"],
            "report": ["--since", "--unit", "--directory", "--file", "--html", "--document"]
            + ["--output", "--policy", "--unverified", "--json", "--color", "--help"],
            "run": ["--policy", "--library", "--require", "--help"],
            "learn": ["--unit", "--for", "--boot", "--output", "--policy", "--library", "--json", "--color", "--help"],
        }
        for command, options in expected.items():
            text = sealwax(command, "-h")
            self.assertEqual((text.code, text.err), (0, ""))
            for option in options:
                self.assertIn(f" {option} ", text.out)

    def test_status_without_process(self):
        self.check(sealwax("status"), 64, err="sealwax: no PID given, nor --all" + STATUS_HINT)

    def test_status_all_and_pid(self):
        self.check(
            sealwax("status", "--all", "1"),
            64,
            err="sealwax: --all and a PID exclude each other" + STATUS_HINT,
        )

    def test_status_bad_pids(self):
        for text in ("0", "12x", "99999999999999999999", ""):
            self.check(
                sealwax("status", "--", text),
                64,
                err=f"sealwax: '{text}' is no PID" + STATUS_HINT,
            )

    def test_status_unknown_option(self):
        self.check(
            sealwax("status", "--everything", "1"),
            64,
            err="sealwax: there is no option '--everything'" + STATUS_HINT,
        )

    def test_word_that_is_nearly_one(self):
        hint = "sealwax {} --help' tells how to use it\n"
        for words, message in (
            (["status", "--qiuet", "1"], "there is no option '--qiuet'; did you mean '--quiet'? '"),
            (["status", "--colour=never", "1"], "there is no option '--colour'; did you mean '--color'? '"),
            (["report", "--out", "x"], "there is no option '--out'; did you mean '--output'? '"),
            (["status", "--sort", "nmae", "--all"],
             "--sort takes pid, name, unit, user, sealed or open, not 'nmae'; did you mean 'name'? '"),
            (["status", "--user", "rooot"], "there is no user 'rooot'; did you mean 'root'? '"),
            (["policy", "chekc"], "there is no subcommand 'chekc'; did you mean 'check'? '"),
            (["selftest", "x"], "'x' is one argument too many; '"),
        ):
            with self.subTest(message):
                self.check(sealwax(*words), 64, err=f"sealwax: {message}{hint.format(words[0])}")

    def test_package_that_is_nearly_one(self):
        outcome = sealwax("plan", "--library", LIBRARY, "--package", "coreutlis")
        self.check(outcome, 2, err="sealwax: there is no package 'coreutlis' that dpkg has installed; did you mean "
                                   "'coreutils'? dpkg -S FILE names a file's package\n")

    def test_name_that_is_nearly_one(self):
        process = self.start("sleep", "100")
        self.addCleanup(process.kill)
        for words, message in (
            (["policy", "explain", "slepe"], "check the path"),
            (["status", "slepe"], "'sealwax status --all' lists what does"),
        ):
            with self.subTest(message):
                outcome = sealwax(*words)
                self.assertEqual((outcome.code, outcome.out), (2, ""))
                self.assertTrue(outcome.err.endswith(f"; did you mean 'sleep'? {message}\n"), outcome.err)
        outcome = sealwax("policy", "explain", "sleep", "libc.so.66")
        self.assertIn("; did you mean 'libc.so.6'? give the path", outcome.err)
        outcome = sealwax("doctor", "--ignore", "mseall")
        self.assertIn("there is no check 'mseall'; did you mean 'mseal'? --json names them", outcome.err)

    def test_empty_value_is_no_value(self):
        for words in (["status", "--unit", ""], ["plan", "--root", "", "true"], ["doctor", "--root="]):
            with self.subTest(words):
                outcome = sealwax(*words)
                self.assertEqual((outcome.code, outcome.out), (64, ""))
                self.assertIn(" takes a value", outcome.err)

    def test_bad_value_is_told_what_there_is(self):
        for command, words, problem in (
            ("status", ["--color", "pink", "1"], "--color takes auto, always or never, not 'pink'"),
            ("status", ["--sort", "size", "--all"],
             "--sort takes pid, name, unit, user, sealed or open, not 'size'"),
            ("status", ["--format", "xml", "--all"], "--format takes table, json or prometheus, not 'xml'"),
            ("status", ["--threshold", "101", "--all"], "--threshold takes 0 to 100, not '101'"),
            ("status", ["--threshold", "nan", "--all"], "--threshold takes 0 to 100, not 'nan'"),
            ("status", ["--threshold", "9 0", "--all"], "--threshold takes 0 to 100, not '9 0'"),
            ("bench", ["-n", "0", "true"], "--runs takes 1 to 1000000, not '0'"),
            ("bench", ["--runs=many", "true"], "--runs takes 1 to 1000000, not 'many'"),
            ("learn", ["--color"], "--color takes a value"),
            ("status", ["--color", "\x1b[2J", "1"], r"--color takes auto, always or never, not '\x1b[2J'"),
        ):
            with self.subTest(problem):
                self.check(
                    sealwax(command, *words),
                    64,
                    err=f"sealwax: {problem}; 'sealwax {command} --help' tells how to use it\n",
                )

    def test_usage_error_as_json(self):
        outcome = sealwax("status", "--json")
        self.assertEqual(outcome.code, 64)
        self.assertEqual(outcome.err, "sealwax: no PID given, nor --all" + STATUS_HINT)
        self.assertEqual(
            json.loads(outcome.out),
            {
                "schema": "sealwax-status 1",
                "processes": [],
                "errors": [{"pid": None, "message": "no PID given, nor --all"}],
                "ok": False,
            },
        )

    def test_json_behind_the_separator_is_a_name(self):
        outcome = sealwax("plan", "--everything", "--", "--json")
        self.assertEqual((outcome.code, outcome.out), (64, ""))

    def test_run_without_program(self):
        for arguments in ([], ["--"], ["--require"], ["--require", "--"]):
            self.check(sealwax("run", *arguments), 125, err="sealwax: no program given" + RUN_HINT)

    def test_run_unknown_option(self):
        for arguments in (["--requires", "true"], ["--requires", "--", "true"]):
            self.check(
                sealwax("run", *arguments),
                125,
                err="sealwax: there is no option '--requires'; did you mean '--require'?" + RUN_HINT[1:],
            )

    def test_answer_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(
                [SEALWAX, "--version"],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                env=clean_environment(),
                check=False,
            )
        self.assertEqual(result.returncode, 2)
        self.assertEqual(
            result.stderr,
            "sealwax: cannot write the answer to stdout: No space left on device; "
            "it is cut short\n",
        )

    def test_closed_stdout(self):
        result = subprocess.run(
            ["sh", "-c", 'exec "$0" --version >&-', SEALWAX],
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
            check=False,
        )
        self.assertEqual(result.returncode, 2)
        self.assertEqual(
            result.stderr,
            "sealwax: cannot write the answer to stdout: Bad file descriptor; it is cut short\n",
        )


if __name__ == "__main__":
    unittest.main()
