#!/usr/bin/env python3
"""Clones the project into a folder of mode 0700, as /root and many homes are, and runs there by
scripts/test, in the unoptimised build, what concerns other users."""

import pathlib
import subprocess
import sys
import tempfile

from source_tree import SOURCE, clone_to, is_success, require_repository

NAMES = ["preload", "attack", "deploy", "compat/compat-postgresql", "compat/compat-strict-postgresql"]


def names():
    """And of the command-line tool's tests those that run something as nobody."""
    for file in sorted((SOURCE / "tests/cli").glob("test_*.py")):
        if "AS_NOBODY" in file.read_text():
            yield "cli/" + file.stem.removeprefix("test_")


def main():
    require_repository()
    # On a disk: /tmp is memory on many systems.
    with tempfile.TemporaryDirectory(prefix="sealwax-clone-", dir="/var/tmp") as folder:
        clone = pathlib.Path(folder) / "sealwax"
        clone_to(clone)
        ended = subprocess.run(
            [clone / "scripts/test", "quick", *NAMES, *names()], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
    print(ended.stdout)
    return 0 if ended.returncode == 0 and is_success(ended.stdout.splitlines()[-1]) else 1


sys.exit(main())
