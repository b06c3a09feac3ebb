# SPDX-License-Identifier: Apache-2.0
"""Every file that a document for contributors names is there, by its path or, without one, by its name."""

import os
import pathlib
import re
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ("CONTRIBUTING.md", "SECURITY.md", "README.md", "docs/ADDING.md", "docs/ARCHITECTURE.md", "docs/LIMITS.md",
             "docs/STABILITY.md", "scripts/packaging/NOTES.md")
ROOMS = r"(?:src|tests|scripts|docs|policies|include|\.ci|\.github)/[\w./-]+"
NAMES = r"[\w-]+\.(?:cpp|hpp|c|h|S|py|conf|md|case|scd)"
# What a reader makes, or what stands for many.
MADE = re.compile(r"NAME|ARCH|_\.|build/|^(?:policy|victim|fleet|vmlinux|report|README)\.|^exec_gain_|^main\.c")


def words(document):
    for code in re.findall(r"`([^`\n]+)`|^ {4}(\S.*)", (TREE / document).read_text(), re.MULTILINE):
        yield from " ".join(code).split()


def is_there(word, names):
    return (TREE / word).exists() if "/" in word else word in names


class Signposts(unittest.TestCase):
    def test_each_leads_to_a_file(self):
        names = {name for _, _, files in os.walk(TREE) for name in files}
        named = [(document, word) for document in DOCUMENTS for word in words(document)
                 if re.fullmatch(f"{ROOMS}|{NAMES}", word) and not MADE.search(word)]
        self.assertGreater(len(named), 100)
        self.assertEqual([one for one in named if not is_there(one[1], names)], [])


if __name__ == "__main__":
    sys.exit(unittest.main())
