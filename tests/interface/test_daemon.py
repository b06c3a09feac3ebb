# SPDX-License-Identifier: Apache-2.0
"""The example daemon: the attack is refused, and succeeds where nothing is sealed."""

import os
import subprocess
import unittest

DAEMON = os.path.join(os.environ["SEALWAX_TEST_PROGRAMS"], "acl_daemon")
# `meson test --setup no_shim` puts a library in its place that seals nothing.
SHIM = os.environ.get("SEALWAX_TEST_SHIM", os.environ["SEALWAX_LIBRARY"])
FILTER = os.environ["SEALWAX_TEST_FILTER"]
REQUESTS = "alice\nmallory\nattack mallory\nmallory\nalice\n"

REFUSED = """alice: allowed
mallory: denied
attack: madvise(MADV_DONTNEED) on the list: Operation not permitted
attack: mprotect, to write to it: Operation not permitted
attack: mmap, to put another in its place: Operation not permitted
mallory: denied
alice: allowed
5 requests
"""

# The list is discarded, and written anew.
SUCCEEDED = """alice: allowed
mallory: denied
attack: madvise(MADV_DONTNEED) on the list: done
attack: mprotect, to write to it: done
mallory: allowed
alice: denied
5 requests
"""


def serve(*arguments, before=(), **environment):
    return subprocess.run([*before, DAEMON, *arguments], input=REQUESTS, capture_output=True,
                          text=True, timeout=60, check=False,
                          env={"LC_ALL": "C", **environment})


class Daemon(unittest.TestCase):
    maxDiff = None

    def check(self, result, out, err=""):
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, out, err))

    def test_the_attack_is_refused(self):
        self.check(serve("alice", "bob"), REFUSED)

    def test_the_attack_is_refused_under_the_shim(self):
        self.check(serve("alice", "bob", LD_PRELOAD=SHIM), REFUSED)

    def test_unsealed_the_attack_succeeds(self):
        self.check(serve("--unsealed", "alice", "bob"), SUCCEEDED)

    def test_the_shim_alone_does_not_know_the_list(self):
        self.check(serve("--unsealed", "alice", "bob", LD_PRELOAD=SHIM), SUCCEEDED)

    def test_without_mseal_it_says_so_and_the_attack_succeeds(self):
        self.check(serve("alice", "bob", before=(FILTER, "mseal=ENOSYS", "--")), SUCCEEDED,
                   "acl_daemon: this kernel has no mseal; the access list is read-only only\n")


if __name__ == "__main__":
    unittest.main()
