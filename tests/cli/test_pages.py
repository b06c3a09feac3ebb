# SPDX-License-Identifier: Apache-2.0
"""The manual page and the completions say what `--help` says."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import unittest

from support import SEALWAX, TestCase

SOURCE = pathlib.Path(__file__).resolve().parents[2]
COMPLETIONS = SOURCE / "src/completions"


class Pages(TestCase):
    def test_nothing_is_out_of_date(self):
        made = subprocess.run(
            [SOURCE / "scripts/make-from-help", SEALWAX, "--check"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((made.returncode, made.stdout, made.stderr), (0, "", ""))

    def test_page_has_an_example_for_each_command(self):
        page = (SOURCE / "src/man/sealwax.1.scd").read_text()
        sections = page.split("\n## sealwax ")[1:]
        self.assertGreater(len(sections), 6)
        for section in sections:
            name = section.split("\n", 1)[0]
            self.assertIn(f"\n$ sealwax {name}", section)


class Bash(TestCase):
    def complete(self, *words, **environment):
        script = (
            f"source <(sed s,/usr/share/sealwax,{self.folder}/shipped, {COMPLETIONS / 'sealwax.bash'}); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));"
            ' _sealwax; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return subprocess.run(
            ["bash", "-c", script, "bash", *words],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=self.folder,
            env={**os.environ, **environment},
        ).stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete("sealwax", "st"), ["status"])
        self.assertEqual(self.complete("sealwax", "--v"), ["--version"])

    def test_options_of_the_command(self):
        self.assertEqual(self.complete("sealwax", "run", "--req"), ["--require"])
        self.assertEqual(self.complete("sealwax", "status", "--require"), ["--require-enforce"])
        self.assertEqual(self.complete("sealwax", "plan", "--req"), [])

    def test_every_option_that_the_help_names(self):
        for name in self.complete("sealwax", ""):
            if name.startswith("-"):
                continue
            text = subprocess.run(
                [SEALWAX, name, "--help"], stdout=subprocess.PIPE, text=True, check=True
            ).stdout
            options = re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)", text, re.MULTILINE)
            with self.subTest(name):
                self.assertIn("--help", options)
                self.assertLessEqual(set(options), set(self.complete("sealwax", name, "--")))

    def test_values(self):
        self.assertEqual(self.complete("sealwax", "status", "--format", "p"), ["prometheus"])
        self.assertEqual(self.complete("sealwax", "status", "--color", "n"), ["never"])
        pathlib.Path(self.folder, "mine.conf").touch()
        self.assertEqual(self.complete("sealwax", "run", "--policy", "mi"), ["mine.conf"])

    def test_policies(self):
        """By their names where a name will do, beside files, in folders too."""
        for folder in ("shipped", "mine"):
            os.mkdir(self.path(folder))
        for file in ("shipped/observe.conf", "shipped/strict.conf", "mine/other.conf"):
            pathlib.Path(self.folder, file).touch()
        self.assertEqual(self.complete("sealwax", "run", "--policy", "ob"), ["observe"])
        self.assertEqual(self.complete("sealwax", "systemd", "--policy", "st"), ["strict"])
        self.assertEqual(self.complete("sealwax", "run", "--policy", "mine/o"), ["mine/other.conf"])
        self.assertEqual(self.complete("sealwax", "run", "--policy", "x"), [])

    def test_words_of_a_command(self):
        self.assertEqual(self.complete("sealwax", "policy", "ex"), ["explain"])

    def test_programs(self):
        for words in (["tru"], ["--", "tru"], ["--policy", "x", "tru"]):
            self.assertIn("true", self.complete("sealwax", "run", *words))

    def test_arguments_of_the_program_are_not_the_tools(self):
        pathlib.Path(self.folder, "--policy-of-mine").touch()
        pathlib.Path(self.folder, "mine.txt").touch()
        for words in (["cat", "mi"], ["--", "cat", "mi"], ["--", "cat", "--policy", "mi"]):
            self.assertEqual(self.complete("sealwax", "run", *words), ["mine.txt"])
        self.assertEqual(self.complete("sealwax", "run", "--", "cat", "--req"), [])

    def test_processes(self):
        self.assertIn(str(os.getpid()), self.complete("sealwax", "status", str(os.getpid())))
        self.assertEqual(self.complete("sealwax", "status", "tes"), [])

    def test_units(self):
        pathlib.Path(self.folder, "systemctl").write_text("#!/bin/sh\necho nginx.service loaded\n")
        os.chmod(self.path("systemctl"), 0o755)
        path = f"{self.folder}:{os.environ['PATH']}"
        for words in (["systemd", "ng"], ["status", "--unit", "ng"], ["seal", "--unit", "ng"]):
            self.assertEqual(self.complete("sealwax", *words, PATH=path), ["nginx.service"])


class OtherShells(TestCase):
    def check_syntax(self, shell, file):
        self.assertTrue(shutil.which(shell), f"{shell} is not installed")
        read = subprocess.run(
            [shell, "-n", COMPLETIONS / file], capture_output=True, text=True, check=False
        )
        self.assertEqual((read.returncode, read.stderr), (0, ""))

    def test_zsh_reads_its_own(self):
        self.check_syntax("zsh", "_sealwax")

    def test_fish_reads_its_own(self):
        self.check_syntax("fish", "sealwax.fish")

    def fish_completes(self, words):
        asked = subprocess.run(
            [
                "fish",
                "--no-config",
                "-c",
                f"source {COMPLETIONS / 'sealwax.fish'}; complete -C '{words}'",
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=self.folder,
        ).stdout
        # Later versions of fish also offer what has these letters elsewhere.
        return [line.split("\t")[0] for line in asked.splitlines()]

    def test_fish_completes(self):
        self.assertIn("--threshold", self.fish_completes("sealwax status --th"))
        self.assertIn(str(os.getpid()), self.fish_completes(f"sealwax status {os.getpid()}"))
        pathlib.Path(self.folder, "mine.txt").touch()
        for options in ("", "-- ", "--policy x "):
            self.assertIn("true", self.fish_completes(f"sealwax run {options}tru"))
            self.assertIn("mine.txt", self.fish_completes(f"sealwax run {options}cat min"))

    def zsh_completes(self, words):
        """The line as it is after a tab, typed into an interactive zsh."""
        shutil.copy(COMPLETIONS / "_sealwax", self.folder)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(shutil.which("zsh"), ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb"})
        self.addCleanup(os.close, terminal)
        setup = f"fpath=({self.folder} $fpath); autoload -Uz compinit; compinit -u -D\n"
        # A mark where the line ends, whether or not anything was completed.
        setup += "PS1='@READY'; bindkey '^I' complete-word; bindkey -s '^T' '@END'\n"
        seen = ""

        def wait_for(mark):
            nonlocal seen
            while mark not in seen:
                ready, _, _ = select.select([terminal], [], [], 60)
                self.assertTrue(ready, seen)
                seen += os.read(terminal, 4096).decode(errors="replace")

        os.write(terminal, setup.encode() + b"echo @GO''ING\n")
        wait_for("@GOING")
        seen = ""
        os.write(terminal, words.encode() + b"\t\x14")
        wait_for("@END")
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        return seen

    def test_zsh_completes(self):
        pathlib.Path(self.folder, "mine.txt").touch()
        for words, whole in (
            ("sealwax uninst", "sealwax uninstall"),
            ("sealwax status --thr", "sealwax status --threshold"),
            ("sealwax run -- base64 min", "sealwax run -- base64 mine.txt"),
            ("sealwax run base6", "sealwax run base64"),
            ("sealwax run -- base6", "sealwax run -- base64"),
            ("sealwax run -- ls --auth", "sealwax run -- ls --author"),
            ("sealwax run --require ls --auth", "sealwax run --require ls --author"),
        ):
            with self.subTest(words):
                self.assertIn(whole, self.zsh_completes(words).replace("\x08", ""))


if __name__ == "__main__":
    unittest.main()
