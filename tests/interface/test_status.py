# SPDX-License-Identifier: Apache-2.0
"""What the header marks as open is no data that `sealwax status` or `plan` wants sealed."""

import json
import os
import subprocess
import tempfile
import unittest

DAEMON = os.path.join(os.environ["SEALWAX_TEST_PROGRAMS"], "acl_daemon")
# `meson test --setup no_shim` puts a library in its place that seals nothing.
SHIM = os.environ.get("SEALWAX_TEST_SHIM", os.environ["SEALWAX_LIBRARY"])
SEALWAX = os.environ["SEALWAX"]


class Status(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # pylint: disable=consider-using-with
        self.policy = tempfile.NamedTemporaryFile("w", suffix=".conf")
        self.addCleanup(self.policy.close)
        self.policy.write("sealwax-policy 1\n[defaults]\nseal = +data\n")
        self.policy.flush()

    def daemon(self, *arguments):
        process = subprocess.Popen(
            [DAEMON, *arguments], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={"LC_ALL": "C", "LD_PRELOAD": SHIM, "SEALWAX_POLICY": self.policy.name})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        process.stdin.write("alice\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "alice: allowed\n")
        return process.pid

    def data_of(self, pid):
        """Exit status, and what of data is sealed and is not."""
        result = subprocess.run([SEALWAX, "status", "--json", str(pid)], capture_output=True,
                                text=True, timeout=60, check=False)
        data = json.loads(result.stdout)["processes"][0]["regions"]["data"]
        return result.returncode, data["sealed_bytes"], data["bytes"] - data["sealed_bytes"]

    def test_all_other_data_is_sealed(self):
        code, sealed, open_bytes = self.data_of(self.daemon("alice"))
        self.assertEqual((code, open_bytes), (0, 0))
        self.assertGreater(sealed, 0)

    def test_it_is_so_before_the_program_has_sealed_its_own(self):
        self.assertEqual(self.data_of(self.daemon("--unsealed", "alice")),
                         self.data_of(self.daemon("alice")))

    def test_the_plan_from_the_files_says_the_same(self):
        result = subprocess.run(
            [SEALWAX, "plan", "--json", "--library", SHIM, "--policy", self.policy.name, DAEMON],
            capture_output=True, text=True, timeout=60, check=False)
        data = json.loads(result.stdout)["programs"][0]["regions"]["data"]
        _, sealed, open_bytes = self.data_of(self.daemon("alice"))
        self.assertEqual((data["sealed_bytes"], data["bytes"]), (sealed, sealed + open_bytes))


if __name__ == "__main__":
    unittest.main()
