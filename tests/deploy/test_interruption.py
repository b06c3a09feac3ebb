"""Killed, or refused by the kernel, at any system call: the file is the old or the new one, whole.

strace kills the program as it enters the call, so that the calls before it have been made and no
other. Each occurrence of each call has its turn.
"""

import collections
import os
import re

from deploying import RESCUE, SEALWAX, System, TestCase, execute
from rights import main_as_root

OWN = "/usr/$LIB/libsealwax.so"
LIBRARY_FOLDER = "/usr/lib/" + os.uname().machine + "-linux-gnu"
# A call that fails for ever, such as a wait, is no matter of files.
ON_FILES = {"openat", "openat2", "newfstatat", "flock", "write", "fchown", "fchmod", "fgetxattr",
            "fsetxattr", "fsync", "renameat", "unlinkat", "pwrite64"}
OTHERS = "/usr/lib/other.so # note\n"


def calls_of(log):
    """How often each system call was made, behind the first one that has to do with /etc."""
    made = collections.Counter()
    first = {}
    begun = False
    with open(log, encoding="utf-8") as file:
        for line in file:
            name = re.match(r"(\w+)\(", line)
            if name is None:
                continue
            made[name[1]] += 1
            begun = begun or 'O_PATH' in line
            if begun and name[1] != "exit_group":
                first.setdefault(name[1], made[name[1]])
    return [(name, turn) for name in first for turn in range(first[name], made[name] + 1)]


class Interruption:
    """`command` leads from `old` to `new`."""

    old = new = None

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """The file as it was before, and nothing else in its folder."""
        for name in os.listdir(self.path("etc")):
            os.remove(self.path("etc/" + name))
        if self.old is not None:
            self.write_preload(self.old)

    def trace(self, *options):
        return execute("strace", "-o", self.path("log"), *options, "--", *self.command())

    def every_call(self):
        self.prepare()
        outcome = self.trace()
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(self.read_preload(), self.new)
        calls = calls_of(self.path("log"))
        self.assertGreater(len(calls), 10)
        self.assertIn("fsync", dict(calls))
        return calls

    def test_killed_at_every_call(self):
        seen = set()
        for name, turn in self.every_call():
            with self.subTest(call=name, turn=turn):
                self.prepare()
                self.trace("-e", f"inject={name}:signal=SIGKILL:when={turn}")
                with open(self.path("log"), encoding="utf-8") as file:
                    self.assertIn("+++ killed by SIGKILL +++", file.read())
                self.assertIn(self.read_preload(), (self.old, self.new))
                seen.add(self.read_preload())
                # And what is left is no obstacle to the next attempt.
                outcome = execute(*self.command())
                self.assertEqual((outcome.code, outcome.err), (0, ""))
                self.assertEqual(self.read_preload(), self.new)
        self.assertEqual(seen, {self.old, self.new})

    def test_refused_at_every_call(self):
        for name, turn in self.every_call():
            if name not in ON_FILES:
                continue
            with self.subTest(call=name, turn=turn):
                self.prepare()
                outcome = self.trace("-e", f"inject={name}:error=EIO:when={turn}")
                # Where nobody can tell what $LIB stands for, the entry names the file in full.
                in_full = self.new and self.new.replace("/usr/$LIB/", f"{LIBRARY_FOLDER}/")
                self.assertIn(self.read_preload(), (self.old, self.new, in_full))
                if outcome.code == 0:
                    self.assertIn(self.read_preload(), (self.new, in_full))

    def test_written_before_it_is_renamed_and_its_folder_after(self):
        self.every_call()
        with open(self.path("log"), encoding="utf-8") as file:
            order = re.findall(r"^(fsync|rename\w*|unlinkat)\(.*\) += 0", file.read(), re.MULTILINE)
        self.assertEqual(order, self.order)

    order = ["fsync", "renameat", "fsync"]


class RescueBesideOthers(Interruption, TestCase):
    old = f"{OWN}\n{OTHERS}"
    new = OTHERS

    def command(self):
        return [RESCUE, "--root", self.root]


class RescueAlone(RescueBesideOthers):
    old = f"{OWN}\n"
    new = None
    order = ["unlinkat", "fsync"]


class UninstallBesideOthers(Interruption, TestCase):
    old = f"{OTHERS}{OWN}\n"
    new = OTHERS

    def command(self):
        return [SEALWAX, "uninstall", "--root", self.root]


class Install(Interruption, System):
    old = "# note\n"
    new = f"# note\n{OWN}\n"

    def command(self):
        return [SEALWAX, "install", "--root", self.root]


class InstallAnew(Install):
    old = None
    new = f"{OWN}\n"


if __name__ == "__main__":
    main_as_root()
