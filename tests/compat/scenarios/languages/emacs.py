# SPDX-License-Identifier: Apache-2.0
"""Emacs in batch: Lisp that it compiles, and native where it can, a sorted buffer, and processes that it speaks with."""

from box import find_program

PACKAGES = ["emacs-nox"]
PROGRAMS = ["emacs"]
EXPECTED = ["fibonacci 832040", "sorted apple banana cherry", "from cat: wax", "regexp 3", "json wax", "zlib t"]


def run(box):
    source = box.take("work.el")
    emacs = find_program("emacs")
    box.run(emacs, "-Q", "--batch", "-f", "batch-byte-compile", source)
    box.run(emacs, "-Q", "--batch", "-l", f"{source}c")
