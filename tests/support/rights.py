# SPDX-License-Identifier: Apache-2.0
"""Root for the tests that need it, and a user without rights for those that need one."""

import os
import shutil
import subprocess
import sys
import unittest

NOBODY = 65534
AS_NOBODY = {"user": NOBODY, "group": NOBODY, "extra_groups": []}  # as Popen takes it
SKIPPED = 77


def within_reach(folder, *files):
    """Copies of the files in a folder that any user reaches: what was built may lie below a home
    of mode 0700, where only its owner reaches it. One file, one path; several, a list."""
    copies = []
    for file in files:
        copies.append(shutil.copy(file, folder))
        os.chmod(copies[-1], 0o755)
    return copies if len(files) > 1 else copies[0]


def can_become_root():
    return shutil.which("sudo") is not None and subprocess.run(
        ["sudo", "-n", "true"], capture_output=True, check=False
    ).returncode == 0


def become_root():
    """Starts the running file again as root, or ends with the number of a skip."""
    if not can_become_root():
        print("skipped: needs root, or sudo without a password")
        sys.exit(SKIPPED)
    kept = [
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith(("CI", "PYTHON", "SEALWAX"))
    ]
    os.execvp("sudo", ["sudo", "-n", "env", *kept, sys.executable, "-B", *sys.argv])


def main_alone():
    """Runs the tests of the running file as root, in a PID namespace: no process of another test,
    nor any other that the machine runs, is to be seen."""
    if os.geteuid() != 0:
        become_root()
    if os.getpid() != 1:
        alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        os.execvp(alone[0], [*alone, sys.executable, "-B", *sys.argv])
    unittest.main()


def main_as_root():
    """Runs the tests of the running file as root."""
    if os.geteuid() != 0:
        become_root()
    unittest.main()
