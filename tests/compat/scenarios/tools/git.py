# SPDX-License-Identifier: Apache-2.0
"""git: commits, a merge, gc, and clones, one of them through upload-pack and index-pack."""

from box import find_program

PACKAGES = ["git"]
EXCEPTIONS = ["git-grep"]
TOLD = {"observe": ["git exec-gain"]}
PROGRAMS = ["git"]
EXPECTED = ["in-pack: 357", "packs: 1", "count: 0", "13"]


def run(box):
    find_program("git")
    box.run(find_program("bash"), box.take("history.sh"))
