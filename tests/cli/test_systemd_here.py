# SPDX-License-Identifier: Apache-2.0
"""sealwax systemd and the systemd of the machine that the tests run on: whether that knows mseal."""

import json
import os
import shutil
import sys
import unittest

import schemas
from rights import become_root
from support import LIBRARY, SEALWAX, TestCase, execute

# In a mount namespace, so that the machine keeps its own: $0 is the unit, the rest a command.
WITH_THE_UNIT = """
mount -t tmpfs none /run && mkdir -p /run/systemd/system &&
cp "$0" /run/systemd/system && exec "$@"
"""
UNKNOWN = (
    "sealwax: warning: SystemCallFilter= does not let mseal through, and this system's systemd "
    "does not know that name; the service runs unsealed (it has names from libseccomp, whose 2.6 "
    "knows this one; before, only a unit without SystemCallFilter= is sealed)\n"
)
MSEAL = "SystemCallFilter=mseal"


class ThisSystem(TestCase):
    def setUp(self):
        super().setUp()
        self.library = self.copy(LIBRARY, "libsealwax.so", 0o644)

    def drop_in(self, *filters):
        """What sealwax says for a unit with these filters, and the setting that it adds."""
        lines = ["[Service]", "ExecStart=/bin/sleep 1", *filters]
        unit = self.write("sealwax-demo.service", "\n".join(lines) + "\n")
        outcome = execute(
            "unshare", "--mount", "sh", "-c", WITH_THE_UNIT, unit,
            SEALWAX, "systemd", "--print", "--library", self.library, "sealwax-demo",
        )  # fmt: skip
        lines = outcome.out.splitlines()
        self.assertIn(f"Environment=LD_PRELOAD={self.library}", lines)
        self.assertEqual(self.complaints(outcome.out), [])
        return outcome, [line for line in lines if line.startswith("SystemCallFilter")]

    def test_list_has_services_that_do_not_run(self):
        unit = self.write("sealwax-demo.service", "[Service]\nExecStart=/bin/sleep 1\n")
        outcome = execute("unshare", "--mount", "sh", "-c", WITH_THE_UNIT, unit, SEALWAX, "systemd",
                          "--list", "--json")
        schemas.check(outcome.out)
        (found,) = [one for one in json.loads(outcome.out)["units"]
                    if one["unit"] == "sealwax-demo.service"]
        self.assertEqual(found, {
            "unit": "sealwax-demo.service", "state": "not running", "by": None, "policy": None,
            "exec_gain": None, "no_new_code": "no", "fails_closed": "no", "exposure": None})

    def complaints(self, text):
        """What this system's systemd says about the unit with that drop-in."""
        os.makedirs(self.path("sealwax-demo.service.d"), exist_ok=True)
        path = self.write("sealwax-demo.service.d/50-sealwax.conf", text)
        verified = execute(
            "systemd-analyze", "verify", "--man=no", self.path("sealwax-demo.service")
        )
        return [line for line in verified.err.splitlines() if line.startswith(path)]

    def knows_mseal(self):
        complaints = self.complaints(f"[Service]\n{MSEAL}\n")
        if not complaints:
            return True
        path = self.path("sealwax-demo.service.d/50-sealwax.conf")
        self.assertEqual(complaints, [f"{path}:2: Failed to parse system call, ignoring: mseal"])
        return False

    def test_list_of_a_set(self):
        """Where systemd knows the name, it may have it in that set already."""
        outcome, added = self.drop_in("SystemCallFilter=@system-service")
        if self.knows_mseal():
            self.assertEqual((outcome.code, outcome.err), (0, ""))
        else:
            self.assertEqual((outcome.code, outcome.err, added), (1, UNKNOWN, []))

    def test_list_from_which_it_is_taken(self):
        outcome, added = self.drop_in("SystemCallFilter=@system-service", "SystemCallFilter=~mseal")
        expected = (0, "", [MSEAL]) if self.knows_mseal() else (1, UNKNOWN, [])
        self.assertEqual((outcome.code, outcome.err, added), expected)

    def test_unit_without_a_filter_is_no_trouble(self):
        outcome, added = self.drop_in()
        self.assertEqual((outcome.code, outcome.err, added), (0, "", []))

    def test_refusals_of_others_are_no_trouble(self):
        outcome, added = self.drop_in("SystemCallFilter=~@mount")
        self.assertEqual((outcome.code, outcome.err, added), (0, "", []))


if __name__ == "__main__":
    if os.geteuid() != 0:
        become_root()
    if not shutil.which("systemd-analyze"):
        print("skipped: systemd-analyze is not installed (Debian: systemd)")
        sys.exit(77)
    unittest.main()
