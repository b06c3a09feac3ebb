#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs tests of this build once more where its folder lies in one of mode 0700, as /root and many
homes do, and temporary files in memory, as Debian does it from 13 on: what another user needs of
the project he must be given elsewhere, and what is copied there is moved by the library.

    run.py BUILD

Of the library's own tests those that concern other users, or change the machine; of those of the tool and of
deploying a third, another each day. With SEALWAX_LOCKED_UP=all each of them, since all of the library's are
copied and run in memory there.

In a mount namespace the folder above the source is covered by an empty one of that mode, into which
the source, with its build, is put back.
"""

import json
import os
import pathlib
import subprocess
import sys

import machine
import thirds
from case_file import read_case
from rights import SKIPPED, become_root
from source_tree import SOURCE

OF_LIBRARY = {"sealwax:preload", "sealwax:attack"}
TESTS = ["compat-postgresql", "compat-strict-postgresql"]
# Of what is slow, the one that concerns another user.
SLOW = ["at_secure_is_weakened_by_nothing_that_the_caller_sets"]
ALL = os.environ.get("SEALWAX_LOCKED_UP") == "all"
LOCK_UP = """
set -e
mount --bind "$SOURCE" /mnt
mount -t tmpfs -o mode=0700 locked "${SOURCE%/*}"
mkdir "$SOURCE"
mount --move /mnt "$SOURCE"
mount -t tmpfs -o mode=1777 memory /mnt
export TMPDIR=/mnt
cd "$SOURCE"
if setpriv --reuid nobody --clear-groups test -e "$SOURCE/README.md"; then
  echo "nobody still reaches $SOURCE"; exit 1
fi
"""


def declared_tests(build):
    return json.loads(pathlib.Path(build, "meson-info/intro-tests.json").read_text())


def tests_of_deploying(build):
    for test in declared_tests(build):
        if "sealwax:deploy" in test["suite"] and "sealwax:slow" not in test["suite"]:
            yield test["name"]


def tests_of_the_tool():
    """Those that run something as nobody, or from their own folder."""
    for file in sorted((SOURCE / "tests/cli").glob("test_*.py")):
        if any(word in file.read_text() for word in ("AS_NOBODY", "copy(", "layout(")):
            yield file.stem.removeprefix("test_")


def tests_of_the_library(build):
    """What is declared in a case says there whom it concerns."""
    for test in declared_tests(build):
        program, *arguments = test["cmd"]
        declared = program.endswith("/run_case.py")
        if OF_LIBRARY.isdisjoint(test["suite"]) or "sealwax:slow" in test["suite"]:
            continue
        if ALL or not declared or machine.needs_root(read_case(pathlib.Path(arguments[0]))):
            yield test["name"]


def passed(build, log, *tests):
    """Whether they do; with a log of its own, for meson is running this one."""
    command = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--logbase", log]
    return subprocess.run([*command, *tests], check=False).returncode == 0


def chosen(tests):
    return list(tests) if ALL else thirds.of_the_day(tests)


def main():
    if os.geteuid() != 0:
        become_root()
    build = sys.argv[1]
    if SOURCE.parent == SOURCE.parent.parent:
        print("skipped: the source lies right below /, which nothing can be put in front of")
        return SKIPPED
    if "SEALWAX_LOCKED" not in os.environ:
        environment = {**os.environ, "SEALWAX_LOCKED": "1", "SOURCE": str(SOURCE)}
        again = LOCK_UP + 'exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", again, "sh", sys.executable, "-B", __file__, build]
        os.execvpe(command[0], command, environment)
    outcomes = [
        passed(build, "locked-suites", *chosen(tests_of_deploying(build))),
        passed(build, "locked-library", *tests_of_the_library(build)),
        passed(build, "locked-tests", *TESTS, *SLOW, *chosen(tests_of_the_tool())),
    ]
    return 0 if all(outcomes) else 1


sys.exit(main())
