# SPDX-License-Identifier: Apache-2.0
"""Killed, or refused by the kernel, at any system call: the file is the old or the new one, whole,
and the next run of the same command completes what is left.

strace kills the program as it enters the call, so that the calls before it have been made and no
other. Each call that writes has its turn, and of the others every fifth, which nothing that is seen
from outside tells from its neighbours; with SEALWAX_FAULTS=all each of them, and each error.
"""

import collections
import itertools
import os
import re
import shutil

from deploying import LIBRARY, PRELOAD, RESCUE, SEALWAX, System, TestCase, execute
from rights import main_as_root

OWN = "/usr/$LIB/libsealwax.so"
LIBRARY_FOLDER = "/usr/lib/" + os.uname().machine + "-linux-gnu"
LOCK = ".sealwax-lock"
OTHERS = "/usr/lib/other.so # note\n"
ALL = os.environ.get("SEALWAX_FAULTS") == "all"
WRITING = {"write", "pwrite64", "fchown", "fchmod", "fsetxattr", "fsync", "rename", "renameat", "unlink",
           "unlinkat", "mkdir", "mkdirat", "rmdir"}
# A call that fails for ever, such as a wait, is no matter of files.
ON_FILES = WRITING | {"openat", "openat2", "newfstatat", "flock", "fgetxattr"}
ERRORS = ("EIO", "ENOSPC", "EROFS", "EACCES")
# mkstemp(3) asks for more random bytes where the first lie outside of its letters: seldom.
NOT_COUNTED = {"exit_group", "getrandom"}
KILLED = re.compile(r"^\+\+\+ killed by SIGKILL \+\+\+$", re.MULTILINE)


def calls_of(log, begin):
    """Each system call, with how often it had been made until then, from the one of which `begin`
    is a part: before it, nothing has to do with the system's files."""
    made = collections.Counter()
    calls = []
    begun = False
    with open(log, encoding="utf-8") as file:
        for line in file:
            name = re.match(r"(\w+)\(", line)
            if name is None:
                continue
            made[name[1]] += 1
            begun = begun or begin in line
            if begun and name[1] not in NOT_COUNTED:
                calls.append((name[1], made[name[1]]))
    return calls


class Interruption:
    """`command` leads from `old` to `new`."""

    old = new = None
    target = PRELOAD
    begin = "O_PATH"
    code = 0
    order = ["fsync", "renameat", "fsync"]

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """The file as it was before, and nothing else in its folder."""
        folder = os.path.dirname(self.path(self.target))
        shutil.rmtree(folder, ignore_errors=True)
        if self.old is not None or self.target == PRELOAD:
            os.makedirs(folder, 0o755)
        if self.old is not None:
            with open(self.path(self.target), "w", encoding="utf-8") as file:
                file.write(self.old)
            os.chmod(self.path(self.target), 0o644)

    def present(self):
        """The file's text; None where there is no file."""
        try:
            with open(self.path(self.target), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def beside(self):
        """What the file's folder holds; None where there is none. The file by which a program that was
        killed held the lock is empty, and the next change takes it."""
        folder = os.path.dirname(self.path(self.target))
        if not os.path.exists(folder):
            return None
        lock = os.path.join(folder, LOCK)
        self.assertFalse(os.path.exists(lock) and os.path.getsize(lock))
        return sorted(set(os.listdir(folder)) - {LOCK})

    def as_good(self):
        """What is as good as `new`, where something failed."""
        return [self.new]

    def trace(self, *options):
        return execute("strace", "-o", self.path("log"), *options, "--", *self.command())

    def every_call(self):
        self.prepare()
        outcome = self.trace()
        self.assertEqual((outcome.code, outcome.err), (self.code, ""))
        self.assertEqual(self.present(), self.new)
        self.left = self.beside()
        calls = calls_of(self.path("log"), self.begin)
        self.assertGreater(len(calls), 10)
        return calls

    def tried_calls(self):
        others = itertools.count()
        return [(name, turn) for name, turn in self.every_call()
                if ALL or name in WRITING or next(others) % 5 == 0]

    def complete(self):
        """And what is left is no obstacle to the next attempt."""
        outcome = execute(*self.command())
        self.assertEqual((outcome.code, outcome.err), (self.code, ""))
        self.assertIn(self.present(), self.as_good())
        if self.present() == self.new:
            self.check_left()

    def check_left(self):
        self.assertEqual(self.beside(), self.left)

    def test_killed_at_every_call(self):
        seen = set()
        for name, turn in self.tried_calls():
            with self.subTest(call=name, turn=turn):
                self.prepare()
                self.trace("-e", f"inject={name}:signal=SIGKILL:when={turn}")
                with open(self.path("log"), encoding="utf-8") as file:
                    self.assertRegex(file.read(), KILLED)
                self.assertIn(self.present(), (self.old, self.new))
                seen.add(self.present())
                self.complete()
        self.assertEqual(seen, {self.old, self.new})

    def test_refused_at_every_call(self):
        errors = itertools.cycle(ERRORS)
        for name, turn in self.tried_calls():
            if name not in ON_FILES:
                continue
            # Behind the last of these everything is in place, and yet not done.
            for error in ERRORS if ALL or name == "fsync" else (next(errors),):
                with self.subTest(call=name, turn=turn, error=error):
                    self.check_refused(name, turn, error)

    def check_refused(self, name, turn, error):
        self.prepare()
        outcome = self.trace("-e", f"inject={name}:error={error}:when={turn}")
        self.assertIn(self.present(), (self.old, *self.as_good()))
        if outcome.code == self.code:
            self.assertIn(self.present(), self.as_good())
        else:
            self.assertTrue(outcome.err + outcome.out)
        self.complete()

    def test_written_before_it_is_renamed_and_its_folder_after(self):
        self.every_call()
        with open(self.path("log"), encoding="utf-8") as file:
            order = re.findall(rf"^(fsync|rename\w*|unlink\w*)\((?!.*{re.escape(LOCK)}).*\) += 0", file.read(),
                               re.MULTILINE)
        self.assertEqual(order, self.order)


class Removal(Interruption):
    def as_good(self):
        # On a full disk.
        return [self.new, self.old.replace(OWN, " " * len(OWN))]


class RescueBesideOthers(Removal, TestCase):
    old = f"{OWN}\n{OTHERS}"
    new = OTHERS

    def command(self):
        return [RESCUE, "--root", self.root]


class RescueAlone(RescueBesideOthers):
    old = f"{OWN}\n"
    new = None
    order = ["unlinkat", "fsync"]


class UninstallBesideOthers(Removal, TestCase):
    old = f"{OTHERS}{OWN}\n"
    new = OTHERS

    def command(self):
        return [SEALWAX, "uninstall", "--root", self.root]


class Install(Interruption, System):
    old = "# note\n"
    new = f"# note\n{OWN}\n"

    def command(self):
        return [SEALWAX, "install", "--root", self.root]

    def as_good(self):
        # Where nobody can tell what $LIB stands for, the entry names the file in full.
        return [self.new, self.new.replace("/usr/$LIB/", f"{LIBRARY_FOLDER}/")]


class InstallAnew(Install):
    old = None
    new = f"{OWN}\n"


class Unit(Interruption):
    """A drop-in and the list that it names, in a folder that is there for them alone."""

    target = "etc/systemd/system/demo.service.d/50-sealwax.conf"
    list = "etc/systemd/system/demo.service.d/50-sealwax.preload"
    library = f"{LIBRARY_FOLDER}/libsealwax.so"
    text = ("# Written by sealwax systemd.\n[Service]\n"
            f"Environment=LD_PRELOAD={library}\nBindReadOnlyPaths={library}\n"
            f"BindReadOnlyPaths=/{list}:/etc/ld.so.preload\n")
    options = ()
    order = ["fsync", "rename", "fsync", "rename"]

    def prepare(self):
        super().prepare()
        if os.path.exists(self.path(PRELOAD)):
            os.unlink(self.path(PRELOAD))
        if self.old == self.text:
            with open(self.path(self.list), "w", encoding="utf-8") as file:
                file.write("# Written by sealwax systemd.\n")

    def present(self):
        """A drop-in is never without the list that it names, and a place for that."""
        text = super().present()
        if text == self.text:
            self.assertIn("50-sealwax.preload", self.beside())
            self.assertTrue(self.old == text or os.path.exists(self.path(PRELOAD)))
        return text

    def setUp(self):
        super().setUp()
        for source, place in ((LIBRARY, self.library), ("/bin/cat", "/usr/bin/cat")):
            os.makedirs(os.path.dirname(self.path(place[1:])), exist_ok=True)
            shutil.copy(source, self.path(place[1:]))
        os.makedirs(self.path("etc/systemd/system"))
        with open(self.path("etc/systemd/system/demo.service"), "w", encoding="utf-8") as file:
            file.write("[Service]\nExecStart=/usr/bin/cat\n")

    def command(self):
        return [SEALWAX, "systemd", "--root", self.root, *self.options, "demo"]


class UnitAnew(Unit, TestCase):
    new = Unit.text


class UnitReplaced(Unit, TestCase):
    old = Unit.text + "Environment=SEALWAX_POLICY=/etc/old.conf\n"
    new = Unit.text


class UnitRemoved(Unit, TestCase):
    old = Unit.text
    options = ("--remove",)
    order = ["unlink", "unlink"]


class PolicyWritten(Interruption, TestCase):
    """What `report -o` and `learn -o` write."""

    target = "policies/more.conf"
    begin = "more.conf"
    code = 1
    old = "sealwax-policy 1\n# as it was\n"
    new = ("sealwax-policy 1\n\n# mprotect of text, by x.so+0x12, once, on 1 host, last at 1970-01-01 "
           "00:00:01.\n[object /usr/lib/libc.so.6]\nonly-in = /usr/bin/true\nseal = -text\n")
    order = ["fsync", "rename"]

    def setUp(self):
        super().setUp()
        with open(self.path("reports"), "w", encoding="utf-8") as file:
            file.write("sealwax-report 1 time=1 pid=2 exe=/usr/bin/true event=refused call=mprotect "
                       "object=/usr/lib/libc.so.6 region=text caller=x.so+0x12 mode=enforce\n")

    def command(self):
        return [SEALWAX, "report", "-o", self.path(self.target), "--file", self.path("reports")]

    def check_left(self):
        """A draft of one that was killed has a name of its own, and is nobody's policy."""
        names = [name for name in self.beside() if not re.fullmatch(r"more\.conf\.\w{6}", name)]
        self.assertEqual(names, self.left)


if __name__ == "__main__":
    main_as_root()
