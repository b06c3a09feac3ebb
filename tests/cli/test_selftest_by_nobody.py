# SPDX-License-Identifier: Apache-2.0
"""sealwax selftest by a user who may do nothing else here, with what he was given."""

import os

from rights import main_as_root
from support import COMMANDS, LIBRARY, SEALWAX, TestCase, execute

PATIENCE = 250  # thousands of children, beside load


def shared_memory_of_nobody():
    """Its segments of System V's shared memory, by number (proc_sysvipc_shm: shmid, uid)."""
    with open("/proc/sysvipc/shm", encoding="utf-8") as file:
        lines = [line.split() for line in file.readlines()[1:]]
    return {fields[1] for fields in lines if fields[7] == "65534"}


class ByNobody(TestCase):
    def test_own_children_are_enough(self):
        """Nobody's own children are enough; nothing is left in shared memory of the host."""
        before = shared_memory_of_nobody()
        outcome = execute("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          self.copy(COMMANDS, "bin/sealwax"), "selftest", "--json",
                          "--library", self.copy(LIBRARY, "libsealwax.so"), cwd="/")
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {self.missing()}\n"))
        outcome = execute("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          self.with_victims(), "selftest", "--json",
                          "--library", self.path("libsealwax.so"), cwd="/", timeout=PATIENCE)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(shared_memory_of_nobody(), before)

    def missing(self):
        installed = os.path.normpath(
            os.path.join(self.folder, "bin", "..", os.environ["SEALWAX_LIBDIR"], "sealwax"))
        return (f"cannot find selftest-victim and its libraries: they are neither in "
                f"{self.path('selftest')} nor in {installed}; install them with the tool")

    def with_victims(self):
        """The path of a copy of the tool that has its victims where they are installed."""
        built = os.path.join(os.path.dirname(SEALWAX), "..", "selftest")
        for name in ("selftest-victim", "libselftest-library.so", "libselftest-late.so"):
            self.copy(os.path.join(built, name),
                      os.path.join(os.environ["SEALWAX_LIBDIR"], "sealwax", name))
        return self.path("bin/sealwax")


if __name__ == "__main__":
    main_as_root()
