# SPDX-License-Identifier: Apache-2.0
"""What doctor and status say of processes that see another /etc/ld.so.preload than the system's."""

import json
import os
import platform
import re
import sys

from doctor_system import SHIM
from rights import main_as_root
from support import SEALWAX, TestCase, execute

GLIBC = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}[platform.machine()]
MUSL = f"lib/ld-musl-{platform.machine()}.so.1"
NO_LIST = "where it runs there is no /etc/ld.so.preload, so that what it executes is not sealed"
WAIT = "echo ready; read line"
CHROOT = "import os, sys; os.chroot(sys.argv[1]); os.chdir('/'); print('ready', flush=True); input()"


class Elsewhere(TestCase):
    """A system, in mounts of its own, whose /etc/ld.so.preload names the library."""

    def setUp(self):
        super().setUp()
        self.library = self.copy(SHIM, "libsealwax.so", 0o644)
        holder = self.start(
            "unshare", "--mount", "sh", "-c",
            f'mount -t tmpfs -o mode=0755 none /etc && echo "$0" >/etc/ld.so.preload && {WAIT}',
            self.library, ready="ready\n",
        )
        self.enter = ["nsenter", "-t", str(holder.pid), "-m"]

    def inside(self, *command):
        return self.start(*self.enter, *command, ready="ready\n")

    def bubblewrap(self, *options):
        """Its process in the sandbox is the child of the one that waits for it."""
        shell = self.path("sandboxed")
        if not os.path.exists(shell):
            self.copy("/bin/sh", "sandboxed")
        outer = self.inside(
            "bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64",
            "/lib64", "--proc", "/proc", "--dev", "/dev", "--ro-bind", shell, shell, *options, "--",
            shell, "-c", WAIT,
        )
        with open(f"/proc/{outer.pid}/task/{outer.pid}/children", encoding="utf-8") as children:
            return int(children.read().split()[0])

    def chrooted(self, *files):
        root = self.path("root")
        os.mkdir(root)
        for file in files:
            os.makedirs(os.path.dirname(f"{root}/{file}"), exist_ok=True)
            self.write(f"root/{file}", "")
        return self.inside(sys.executable, "-c", CHROOT, root).pid

    def told(self, pid):
        """What doctor says of the place where a process is, as (check, fact, remedy)."""
        outcome = execute(*self.enter, SEALWAX, "doctor", "--json")
        return [
            (check["check"], check["fact"], check["remedy"])
            for check in json.loads(outcome.out)["checks"]
            if check["group"] == "with an /etc of its own" and re.search(rf"PID {pid}\b", check["fact"])
        ]

    def notes(self, pid):
        outcome = execute(*self.enter, SEALWAX, "status", "--json", str(pid))
        return json.loads(outcome.out)["processes"][0]["notes"]

    def assert_told(self, pid, place, what, remedy):
        facts = self.told(pid)
        self.assertEqual([(check, fact.partition(": ")[2]) for check, fact, _ in facts], [(place, what)])
        self.assertIn(remedy, facts[0][2])
        self.assertIn(what, self.notes(pid))

    def assert_not_told(self, pid):
        self.assertEqual(self.told(pid), [])
        self.assertEqual([note for note in self.notes(pid) if "where it runs" in note], [])

    def test_sandbox_without_a_list(self):
        self.assert_told(self.bubblewrap(), "sandbox", NO_LIST, "bwrap --ro-bind")

    def test_sandbox_whose_list_names_others(self):
        other = self.write("other", "/usr/lib/libother.so\n")
        self.assert_told(
            self.bubblewrap("--ro-bind", other, "/etc/ld.so.preload"), "sandbox",
            "where it runs /etc/ld.so.preload does not name the library, so that what it executes is not sealed",
            "bwrap --ro-bind",
        )

    def test_sandbox_that_lacks_what_its_list_names(self):
        self.assert_told(
            self.bubblewrap("--ro-bind", "/etc/ld.so.preload", "/etc/ld.so.preload"), "sandbox",
            "where it runs /etc/ld.so.preload names the library, which is not there: what it executes prints "
            "an error line, and is not sealed",
            "bwrap --ro-bind",
        )

    def test_sandbox_that_has_both(self):
        both = ("--ro-bind", "/etc/ld.so.preload", "/etc/ld.so.preload", "--ro-bind", self.library, self.library)
        self.assert_not_told(self.bubblewrap(*both))

    def test_sandbox_that_preloads_by_itself(self):
        by_itself = ("--ro-bind", self.library, self.library, "--setenv", "LD_PRELOAD", self.library)
        self.assert_not_told(self.bubblewrap(*by_itself))

    def assert_kind(self, file, kind, remedy):
        mark = self.write("mark", "")
        self.assert_told(self.bubblewrap("--ro-bind", mark, file), kind, NO_LIST, remedy)

    def test_flatpak(self):
        self.assert_kind("/.flatpak-info", "flatpak", "flatpak override")

    def test_container_of_podman(self):
        self.assert_kind("/run/.containerenv", "container", "scripts/deploy")

    def test_container_of_docker(self):
        self.assert_kind("/.dockerenv", "container", "scripts/deploy")

    def test_several_processes_of_one_program(self):
        first, second = self.bubblewrap(), self.bubblewrap()
        ((_, fact, _),) = self.told(min(first, second))
        self.assertIn(f"2 processes, PID {min(first, second)} for one: ", fact)

    def test_other_root_directory(self):
        self.assert_told(self.chrooted(GLIBC), "root directory", NO_LIST, "sealwax install --root DIR")

    def test_musl_reads_no_list(self):
        self.assert_told(
            self.chrooted(MUSL, "etc/ld.so.preload"), "root directory",
            "where it runs the C library is musl, which reads no /etc/ld.so.preload, so that what it executes "
            "is not sealed",
            "'sealwax seal'",
        )

    def test_root_directory_in_which_nothing_can_be_executed(self):
        self.assert_not_told(self.chrooted())

    def test_system_that_preloads_nothing(self):
        """Nobody expects the library anywhere then."""
        execute(*self.enter, "truncate", "-s", "0", "/etc/ld.so.preload")
        self.assert_not_told(self.bubblewrap())


if __name__ == "__main__":
    main_as_root()
