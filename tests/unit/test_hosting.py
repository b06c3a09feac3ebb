# SPDX-License-Identifier: Apache-2.0
"""What forges read of this tree names scripts that are there, and the releases that are tested."""

import os
import pathlib
import re
import sys
import unittest

import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((TREE / ".github/workflows").glob("*.yml"))
FORMS = sorted((TREE / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))  # all but config.yml


def parsed(path):
    return yaml.safe_load(path.read_text())


def commands_of_workflow(path):
    for job in parsed(path)["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield step["run"]


def commands_of_pipeline(path):
    for job in parsed(path).values():
        if isinstance(job, dict):
            yield from job.get("script", [])


def own_scripts(commands):
    return {word for command in commands for word in re.findall(r"(?:scripts|\.ci)/\S+", command)}


def matrix_of_workflow(name, job, axis):
    return parsed(TREE / ".github/workflows" / name)["jobs"][job]["strategy"]["matrix"][axis]


class WhatForgesRun(unittest.TestCase):
    def assert_own_scripts(self, commands):
        scripts = own_scripts(commands)
        self.assertTrue(scripts)
        for script in scripts:
            self.assertTrue(os.access(TREE / script, os.X_OK), script)

    def test_workflows_run_scripts_that_are_there(self):
        self.assertEqual([path.name for path in WORKFLOWS], ["all.yml", "test.yml"])
        for path in WORKFLOWS:
            self.assert_own_scripts(commands_of_workflow(path))

    def test_pipeline_runs_scripts_that_are_there(self):
        self.assert_own_scripts(commands_of_pipeline(TREE / ".gitlab-ci.yml"))

    def test_both_take_the_releases_that_fresh_systems_are_made_of(self):
        fresh = (TREE / "tests/fresh/meson.build").read_text()
        wanted = set(re.findall(r"'(bookworm|trixie|forky)'", fresh))
        self.assertTrue(wanted)
        self.assertEqual(set(matrix_of_workflow("test.yml", "quick", "debian")), wanted)
        for line in parsed(TREE / ".gitlab-ci.yml")["quick"]["parallel"]["matrix"]:
            self.assertEqual(set(line["DEBIAN"]), wanted)

    def test_hooks_before_a_commit_name_files_that_are_there(self):
        hooks = parsed(TREE / ".pre-commit-config.yaml")["repos"][0]["hooks"]
        self.assertEqual([hook["id"] for hook in hooks], ["clang-format", "shell", "rooms"])
        for word in " ".join(hook["entry"] for hook in hooks).split():
            if "/" in word:
                self.assertTrue((TREE / word).is_file(), word)


class WhoJudges(unittest.TestCase):
    """The versions of clang-format and clang-tidy, which scripts/test names."""

    def setUp(self):
        self.judges = re.search(r"^judges=\((.*)\)$", (TREE / "scripts/test").read_text(), re.MULTILINE)[1]

    def test_contributors_are_told_of_each(self):
        told = re.search(r"clang-tidy \((.*), which agree\)", (TREE / "CONTRIBUTING.md").read_text())[1]
        self.assertEqual(re.findall(r"\d+", told), self.judges.split())
        self.assertGreater(len(self.judges.split()), 1)

    def test_hook_before_a_commit_asks_one_of_them(self):
        entry = parsed(TREE / ".pre-commit-config.yaml")["repos"][0]["hooks"][0]["entry"]
        self.assertIn(re.match(r"clang-format-(\d+) ", entry)[1], self.judges.split())


class WhatPeopleFillIn(unittest.TestCase):
    def test_forms_have_what_a_forge_needs(self):
        self.assertEqual([path.stem for path in FORMS], ["harm", "untrue"])
        for path in FORMS:
            form = parsed(path)
            self.assertTrue({"name", "description", "body"} <= form.keys(), path)
            names = [part["id"] for part in form["body"]]
            self.assertEqual(len(names), len(set(names)))

    def test_forms_name_commands_that_there_are(self):
        manual = (TREE / "src/man/sealwax.1.scd").read_text()
        for path in FORMS:
            for command in re.findall(r"`sealwax ([a-z]+)", path.read_text()):
                self.assertIn(f"sealwax {command}", manual)


if __name__ == "__main__":
    sys.exit(unittest.main())
