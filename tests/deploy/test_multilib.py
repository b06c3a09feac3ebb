# SPDX-License-Identifier: Apache-2.0
"""32-bit programs, which read the same /etc/ld.so.preload: silent with the empty library."""

import os
import shutil
import subprocess
import sys

from deploying import PRELOAD, System
from rights import main_as_root

LOADER32 = "/lib/ld-linux.so.2"
FOLDER32 = os.path.dirname(os.path.realpath(LOADER32))
# As the trial names it: in Debian's merged /usr the real folder is below /usr.
LIBC32 = FOLDER32.removeprefix("/usr") + "/libc.so.6"
OWN = "/usr/$LIB/libsealwax.so"


class ThirtyTwoBit(System):
    def setUp(self):
        super().setUp()
        for name in ("ld-linux.so.2", "libc.so.6"):
            self.add_file(f"{FOLDER32}/{name}")
        if not os.path.exists(self.path(LOADER32.lstrip("/"))):
            os.symlink(f"{FOLDER32}/ld-linux.so.2", self.path(LOADER32.lstrip("/")))

    def run_32_bit(self):
        """The C library is a program too: it says its version."""
        return self.run_inside(LOADER32, LIBC32)

    def test_install_tries_one_and_it_is_silent(self):
        before = self.run_32_bit()
        self.assertEqual((before.code, before.err), (0, ""))
        self.assertIn("GNU C Library", before.out)
        shutil.copy(os.environ["SEALWAX_LIBRARY32"], self.path(f"{FOLDER32}/libsealwax.so".lstrip("/")))
        outcome = self.sealwax("install")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn(f", {LIBC32} (32-bit)\n", outcome.out)
        self.assertEqual(self.run_32_bit(), before)

    def test_install_is_refused_without_that_library(self):
        outcome = self.sealwax("install")
        self.assertEqual(
            (outcome.code, outcome.err),
            (
                1,
                f"sealwax: with the library {LIBC32} (32-bit) says 'ERROR: ld.so: object '{OWN}' "
                "from /etc/ld.so.preload cannot be preloaded (cannot open shared object file): "
                "ignored.' on stderr; nothing was changed\n",
            ),
        )
        self.assertFalse(os.path.exists(self.path(PRELOAD)))


def is_executed():
    """Whether the kernel runs 32-bit programs at all (CONFIG_IA32_EMULATION, ia32_emulation=)."""
    try:
        return subprocess.run([LOADER32, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    if not is_executed():
        print("skipped: this kernel runs no 32-bit programs")
        sys.exit(77)
    main_as_root()
