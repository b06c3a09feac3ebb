# SPDX-License-Identifier: Apache-2.0
"""What the tests of install, uninstall and sealwax-rescue share.

Nothing here writes to this machine's own /etc: every test has a root directory of its own, made of
copies of real programs and of what they load.
"""

import collections
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import schemas
from rights import AS_NOBODY

SEALWAX = os.environ["SEALWAX"]
RESCUE = os.environ["SEALWAX_RESCUE"]
LIBRARY = os.environ["SEALWAX_LIBRARY"]
LOADER = os.environ["SEALWAX_TEST_LOADER"]
PRELOAD = "etc/ld.so.preload"

Outcome = collections.namedtuple("Outcome", "code out err")


def execute(*command, **options):
    """Runs a command to its end."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    result = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=30, check=False, **options,
    )
    return Outcome(result.returncode, result.stdout, result.stderr)


def users_have_namespaces():
    """Whether the kernel lets somebody without rights make a namespace of users."""
    return execute("unshare", "--user", "true", **AS_NOBODY).code == 0


def loaded_files(path):
    """What ld.so loads for a program, as ldd(1) finds it; nothing for a static one."""
    result = subprocess.run(
        [LOADER, "--list", path], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"]},
    )
    return re.findall(r"^\t(?:\S+ => )?(/\S+) \(0x", result.stdout, re.MULTILINE)


class TestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="sealwax-deploy-"))
        os.chmod(self.root, 0o755)
        self.addCleanup(shutil.rmtree, self.root)
        os.mkdir(self.path("etc"), 0o755)

    def path(self, name):
        return os.path.join(self.root, name)

    def mount_tmpfs(self, *options):
        """Puts a file system of its own, of bounded size say, over the root's /etc."""
        mounting = ["mount", "-t", "tmpfs", *options, "sealwax-test", self.path("etc")]
        subprocess.run(mounting, check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("etc")], check=True)

    def write_preload(self, text, mode=0o644):
        with open(self.path(PRELOAD), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(PRELOAD), mode)

    def read_preload(self):
        """The file's text; None where there is no file."""
        try:
            with open(self.path(PRELOAD), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def preload_status(self):
        """What a change of the file changes; None where there is none. When it was read is no change."""
        try:
            status = os.stat(self.path(PRELOAD))
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns

    def check(self, outcome, code, out="", err=""):
        self.assertEqual(outcome, Outcome(code, out, err))


class System(TestCase):
    """A root directory in which programs run."""

    PROGRAMS = ("/bin/true", "/bin/sh", "/bin/cat", "/bin/su")

    def setUp(self):
        super().setUp()
        for folder in ("proc", "dev", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/lib32"):
            os.makedirs(self.path(folder))
        for name in ("bin", "sbin", "lib", "lib64", "lib32"):
            os.symlink(f"usr/{name}", self.path(name))
        for name in self.PROGRAMS:
            self.add_program(name)
        self.add_file(LOADER)
        self.installed = f"/usr/lib/{os.environ['SEALWAX_MULTIARCH']}/libsealwax.so"
        self.add_library()

    def add_file(self, path, name=None):
        place = self.path((name or path).lstrip("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if not os.path.exists(place):
            shutil.copy(path, place)
        return place

    def add_program(self, path, name=None):
        """A copy with what it loads; setuid where the original is."""
        for needed in loaded_files(path):
            self.add_file(needed)
        place = self.add_file(path, name)
        os.chmod(place, os.stat(path).st_mode & 0o7777)

    def add_library(self, source=LIBRARY, mode=0o644):
        place = self.path(self.installed.lstrip("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(source, place)
        os.chmod(place, mode)
        return place

    def sealwax(self, command, *options):
        outcome = execute(SEALWAX, command, "--root", self.root, *options)
        schemas.check(outcome.out)
        return outcome

    def run_inside(self, *command):
        return execute("chroot", self.root, *command)
