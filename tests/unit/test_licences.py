# SPDX-License-Identifier: Apache-2.0
"""Every file says under which licence it may be used, in the words that SPDX has for it."""

import os
import pathlib
import subprocess
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
LINE = "SPDX-License-Identifier: Apache-2.0"

# What is read to its last byte by a program or a test, has no comments, or is shown as it stands:
# .reuse/dep5 speaks for it.
WITHOUT = ("LICENSE", "LICENSES/", "README.md", ".reuse/dep5", "*.conf", "*.case",
           "tests/fuzz/corpus/", "tests/cli/systemctl_show_252.txt", "docs/schemas/*.json", "docs/systems.json",
           "scripts/packaging/debian/")


def speaks_for_itself(path):
    return not any(
        path.startswith(pattern) if pattern.endswith("/") else pathlib.PurePath(path).match(pattern)
        for pattern in WITHOUT
    )


def walked():
    for folder, folders, names in os.walk(TREE):
        folders[:] = [name for name in folders
                      if name not in (".git", "__pycache__") and not name.startswith("build")]
        yield from (os.path.relpath(os.path.join(folder, name), TREE) for name in names
                    if name != ".git")  # a file in a worktree


def files():
    """What is committed; where git does not tell, what is there."""
    try:
        listed = subprocess.run(["git", "-C", TREE, "ls-files", "-z"], check=True,
                                capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = walked()
    return [path for path in listed if path and (TREE / path).is_file()]


class Licences(unittest.TestCase):
    def test_each_file_has_its_line(self):
        ours = [path for path in files() if speaks_for_itself(path)]
        self.assertGreater(len(ours), 900)
        without = [path for path in ours
                   if LINE not in (TREE / path).read_text(encoding="utf-8", errors="replace")]
        self.assertEqual(without, [])

    def test_licence_is_the_same_where_people_and_where_tools_look_for_it(self):
        copy = (TREE / "LICENSES/Apache-2.0.txt").read_text()
        self.assertEqual(copy, (TREE / "LICENSE").read_text())

    def test_reuse_finds_nothing_to_say(self):
        outcome = subprocess.run(["reuse", "--root", TREE, "lint"], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(outcome.returncode, 0, outcome.stdout + outcome.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
