"""The manual page and the completions say what `--help` says."""

import pathlib
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
    def complete(self, *words):
        script = (
            f"source {COMPLETIONS / 'sealwax.bash'}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));"
            ' _sealwax; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return subprocess.run(
            ["bash", "-c", script, "bash", *words],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=self.folder,
        ).stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete("sealwax", "st"), ["status"])
        self.assertEqual(self.complete("sealwax", "--v"), ["--version"])

    def test_options_of_the_command(self):
        self.assertEqual(self.complete("sealwax", "run", "--req"), ["--require"])
        self.assertEqual(self.complete("sealwax", "status", "--require"), ["--require-enforce"])
        self.assertEqual(self.complete("sealwax", "plan", "--req"), [])

    def test_values(self):
        self.assertEqual(self.complete("sealwax", "status", "--format", "p"), ["prometheus"])
        self.assertEqual(self.complete("sealwax", "status", "--color", "n"), ["never"])
        pathlib.Path(self.folder, "mine.conf").touch()
        self.assertEqual(self.complete("sealwax", "run", "--policy", "mi"), ["mine.conf"])

    def test_words_of_a_command(self):
        self.assertEqual(self.complete("sealwax", "policy", "ex"), ["explain"])

    def test_programs(self):
        self.assertIn("true", self.complete("sealwax", "run", "tru"))


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

    def test_fish_completes(self):
        asked = subprocess.run(
            [
                "fish",
                "--no-config",
                "-c",
                f"source {COMPLETIONS / 'sealwax.fish'}; complete -C 'sealwax status --th'",
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        # Later versions of fish also offer what has these letters elsewhere.
        self.assertIn("--threshold", [line.split("\t")[0] for line in asked.splitlines()])


if __name__ == "__main__":
    unittest.main()
