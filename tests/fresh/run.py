#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The README's two commands where everything is missing: in a fresh Debian, from a clone in a home of
mode 0700, beside two busy loops, and then once more.

    run.py WORK RELEASE USER

USER is root, or is made, with sudo that asks nothing. SEALWAX_FRESH is what scripts/test runs there:
`quick`, which is the default, or `all`.
"""

import os
import pathlib
import shutil
import sys
import time

from rights import SKIPPED, become_root
from source_tree import SOURCE, clone_to, is_success, require_repository

sys.path.insert(0, str(SOURCE / "tests/package"))

import debian_root  # noqa: E402 (found by the line above)

SHOWN = "The same attack succeeded on the unsealed program, and the kernel refused it on the sealed"
ADD_USER = """
useradd --create-home --shell /bin/bash {user}
echo "{user} ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/{user}
"""
PREPARE = """
chown -R {user}: ~{user}/sealwax && chmod 0700 ~{user}
"""
BESIDE_LOAD = """
for loop in 1 2; do (while :; do :; done) & done
su - {user} -c 'cd sealwax && {variables} {command}' </dev/null
"""


def kept_variables():
    """What CI makes different holds for the tests inside too."""
    return f"CI={os.environ['CI']}" if "CI" in os.environ else ""


def log_of(work):
    return work.with_name(work.name + ".log")


class Machine:
    def __init__(self, work, release, user):
        self.user = user
        self.log = log_of(work)
        self.root = debian_root.Root.make(work, release, ["sudo"])
        if user != "root":
            self.root.must(ADD_USER.format(user=user))
        clone_to(work / self.home().lstrip("/") / "sealwax")
        self.root.must(PREPARE.format(user=user))

    def home(self):
        return "/root" if self.user == "root" else f"/home/{self.user}"

    def run(self, command):
        """How it ended, and what it said."""
        script = BESIDE_LOAD.format(user=self.user, variables=kept_variables(), command=command)
        begun = time.monotonic()
        with open(self.log, "a+", encoding="utf-8", errors="backslashreplace") as log:
            start = log.tell()
            code = self.root.run_into(log, script)
            log.seek(start)
            said = log.read()
        print(f"{command}: {time.monotonic() - begun:.0f} s, exit {code}")
        return code, said


def complaints(machine, what):
    """Of each of the two commands, twice."""
    for turn in ("first", "second"):
        code, said = machine.run("scripts/quickstart")
        if code != 0 or SHOWN not in said:
            yield f"{turn} quickstart", said
        code, said = machine.run(f"scripts/test {what}".strip())
        last = (said.splitlines() or [""])[-1]
        print(last)
        if code != 0 or not is_success(last):
            yield f"{turn} scripts/test", said


def main():
    if os.geteuid() != 0:
        become_root()
    require_repository()
    work, release, user = pathlib.Path(sys.argv[1]), *sys.argv[2:]
    what = os.environ.get("SEALWAX_FRESH", "quick").replace("all", "")
    shutil.rmtree(work, ignore_errors=True)
    log_of(work).unlink(missing_ok=True)
    failed = False
    try:
        for name, said in complaints(Machine(work, release, user), what):
            failed = True
            print(f"{name} failed; its end (all is in {log_of(work)}):", *said.splitlines()[-60:], sep="\n")
    except debian_root.archive.Unreachable as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
