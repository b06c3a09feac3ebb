# SPDX-License-Identifier: Apache-2.0
"""A release's files are made from a commit alone, fit each other, and are the same each time."""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
IDENTITY = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
VERSION = re.search(r"version: '(.*)'", (TREE / "meson.build").read_text())[1]
NAME = f"sealwax-{VERSION}"
DATE = "2026-12-02"

ANSWERING = ("--contact", "Ada L. <ada@sealwax.test>", "--homepage", "https://sealwax.test/")


class Release(unittest.TestCase):
    """Of a clone with a section on this version, and of what is not as it should be."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sealwax-test-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.folder = folder
        cls.clone = folder / "clone"
        ignore = shutil.ignore_patterns("build*", ".git", "__pycache__")
        shutil.copytree(TREE, cls.clone, symlinks=True, ignore=ignore)
        cls.dated = cls.date()
        cls.git("init", "-q")
        cls.commit()
        cls.result, cls.target = cls.release("one")

    @classmethod
    def date(cls, date=DATE):
        command = [cls.clone / "scripts/date-release", date]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)

    @classmethod
    def git(cls, *words):
        subprocess.run(["git", *IDENTITY, "-C", cls.clone, *words], check=True)

    @classmethod
    def commit(cls):
        cls.git("add", "-A")
        cls.git("commit", "-q", "-m", "A commit.")

    @classmethod
    def release(cls, name, *options):
        target = cls.folder / name
        result = subprocess.run(
            [cls.clone / "scripts/release", "--without-tests", *(options or ANSWERING), target],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return result, target

    def assert_refused(self, reason, *options):
        result, target = self.release("refused", *options)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(reason, result.stderr)
        self.assertFalse(target.exists())

    def test_files_fit_each_other_and_are_the_same_each_time(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        made = {path.name: path.read_bytes() for path in self.target.iterdir()}
        parts = [f"{NAME}.notes.md", f"{NAME}.spdx.json", f"{NAME}.tar.xz"]
        self.assertEqual(sorted(made), sorted(["SHA256SUMS", *parts]))
        sums = dict(reversed(line.split()) for line in made["SHA256SUMS"].decode().splitlines())
        self.assertEqual(
            sums, {part: hashlib.sha256(made[part]).hexdigest() for part in parts}
        )
        _, again = self.release("two")
        self.assertEqual({path.name: path.read_bytes() for path in again.iterdir()}, made)

    def test_tarball_has_the_commit_and_the_bill_each_file_of_it(self):
        listed = subprocess.run(
            ["git", "-C", self.clone, "ls-files"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.split()
        with tarfile.open(self.target / f"{NAME}.tar.xz") as archive:
            packed = {
                member.name.removeprefix(f"{NAME}/"): archive.extractfile(member).read()
                for member in archive
                if member.isfile()
            }
        self.assertEqual(sorted(packed), sorted(listed))
        bill = json.loads((self.target / f"{NAME}.spdx.json").read_text())
        self.assertEqual(bill["spdxVersion"], "SPDX-2.3")
        self.assertEqual(
            {entry["fileName"]: entry["checksums"][1]["checksumValue"] for entry in bill["files"]},
            {f"./{name}": hashlib.sha256(data).hexdigest() for name, data in packed.items()},
        )
        names = [package["name"] for package in bill["packages"]]
        self.assertEqual(names[0], "sealwax")
        self.assertIn("libelf-dev", names)

    def test_each_part_of_the_bill_has_a_name_that_all_relations_know(self):
        bill = json.loads((self.target / f"{NAME}.spdx.json").read_text())
        names = [bill["SPDXID"], *(part["SPDXID"] for kind in ("packages", "files") for part in bill[kind])]
        self.assertEqual(len(names), len(set(names)))
        related = {relation[end] for relation in bill["relationships"]
                   for end in ("spdxElementId", "relatedSpdxElement")}
        self.assertEqual(related, set(names))

    def test_it_says_who_answers_for_it(self):
        with tarfile.open(self.target / f"{NAME}.tar.xz") as archive:
            texts = {name: archive.extractfile(f"{NAME}/{name}").read().decode() for name in
                     ("SECURITY.md", "scripts/packaging/debian/control", "scripts/packaging/arch/PKGBUILD")}
        self.assertIn("Write to ada@sealwax.test,", texts["SECURITY.md"])
        self.assertIn("Maintainer: Ada L. <ada@sealwax.test>\n", texts["scripts/packaging/debian/control"])
        self.assertIn("url='https://sealwax.test/'", texts["scripts/packaging/arch/PKGBUILD"])

    def test_nothing_is_released_for_which_nobody_answers(self):
        self.assert_refused("nobody answers for this release", "--homepage", "https://sealwax.test/")
        self.assert_refused("this release has no page", "--contact", "A <a@b.c>")
        self.assert_refused("a contact is 'NAME <ADDRESS>', not 'ada'", "--contact", "ada", *ANSWERING[2:])
        self.assert_refused("there is no option --help-me", "--help-me")

    def test_notes_are_what_was_unreleased(self):
        unreleased = (TREE / "CHANGELOG.md").read_text().split("\n## ")[1]
        self.assertTrue(unreleased.startswith("Unreleased\n"))
        notes = (self.target / f"{NAME}.notes.md").read_text()
        self.assertEqual(notes.strip(), unreleased.removeprefix("Unreleased\n").strip())
        self.assertIn("\n### Added\n", notes)

    def test_all_of_it_has_the_date_that_it_was_given(self):
        self.assertEqual((self.dated.returncode, self.dated.stderr), (0, ""))
        heads = re.findall("^## .*", (self.clone / "CHANGELOG.md").read_text(), re.MULTILINE)
        self.assertEqual(heads[:2], ["## Unreleased", f"## {VERSION} - {DATE}"])
        bill = json.loads((self.target / f"{NAME}.spdx.json").read_text())
        self.assertEqual(bill["creationInfo"]["created"], f"{DATE}T00:00:00Z")

    def test_version_is_given_one_date(self):
        again = self.date("2026-12-03")
        self.assertEqual(again.returncode, 1)
        self.assertIn(f"CHANGELOG.md has a section on {VERSION} already", again.stderr)

    def test_version_without_a_section_is_not_released(self):
        changelog = self.clone / "CHANGELOG.md"
        text = changelog.read_text()
        changelog.write_text(text.replace(f"## {VERSION} - {DATE}", "## 0.0.1 - 2026-01-01"))
        self.commit()
        self.addCleanup(self.commit)
        self.addCleanup(changelog.write_text, text)
        self.assert_refused(f"CHANGELOG.md has no section on {VERSION}; run scripts/date-release")


    def test_what_no_commit_has_is_not_released(self):
        stray = self.clone / "stray"
        stray.write_text("")
        self.addCleanup(stray.unlink)
        self.assert_refused("there are changes that no commit has")

    def test_version_that_a_recipe_does_not_know_is_not_released(self):
        recipe = self.clone / "scripts/packaging/arch/PKGBUILD"
        text = recipe.read_text()
        recipe.write_text(text.replace(f"pkgver={VERSION}", "pkgver=0.0.1"))
        self.commit()
        self.addCleanup(self.commit)
        self.addCleanup(recipe.write_text, text)
        self.assert_refused(f"PKGBUILD does not know version {VERSION}")


if __name__ == "__main__":
    sys.exit(unittest.main())
