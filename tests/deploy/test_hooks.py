# SPDX-License-Identifier: Apache-2.0
"""What the Debian package's hook does with the system's policy and its parts."""

import os
import pathlib
import shutil
import unittest

from deploying import SEALWAX, TestCase, execute
from rights import main_as_root

HOOK = pathlib.Path(os.environ["SEALWAX_SOURCE"]) / "scripts/packaging/debian/sealwax.postinst"


class Hook(TestCase):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("etc/sealwax/policy.d"))
        os.mkdir(self.path("bin"))
        os.symlink(SEALWAX, self.path("bin/sealwax"))

    def file(self, name, text):
        with open(self.path(f"etc/sealwax/{name}"), "w", encoding="utf-8") as file:
            file.write("sealwax-policy 1\n" + text)

    def policy(self):
        with open(self.path("etc/sealwax/policy.conf"), encoding="utf-8") as file:
            return file.read()

    def run_hook(self, event):
        path = f"{self.path('bin')}:{os.environ['PATH']}"
        return execute("env", f"PATH={path}", f"DPKG_ROOT={self.root}", "sh", HOOK, event)

    def test_mistake_is_told_of_and_ends_the_configuration(self):
        self.file("policy.conf", "[defaults]\nmode = observe\n")
        outcome = self.run_hook("configure")
        self.assertEqual(outcome.code, 1)
        self.assertIn("/etc/sealwax/policy.conf:3:8: error: mode must be", outcome.err)

    def test_warning_is_none(self):
        self.file("policy.conf", "[program usr/bin/x]\nmode = off\n")
        self.assertEqual(self.run_hook("configure").code, 0)

    def test_part_of_another_package_is_applied(self):
        self.file("policy.conf", "[defaults]\nmode = audit\n")
        self.file("policy.d/other.conf", "[program /usr/bin/other]\nmode = off\n")
        self.assertEqual(self.run_hook("triggered").code, 0)
        self.assertIn("[program /usr/bin/other]\nmode = off\n", self.policy())

    def test_last_part_takes_its_folder_with_it(self):
        self.file("policy.conf", "[defaults]\nmode = audit\n")
        before = self.policy()
        self.file("policy.d/other.conf", "[program /usr/bin/other]\nmode = off\n")
        self.run_hook("triggered")
        shutil.rmtree(self.path("etc/sealwax/policy.d"))
        self.assertEqual(self.run_hook("triggered").code, 0)
        self.assertEqual(self.policy(), before)

    def test_part_with_a_mistake_leaves_the_policy(self):
        self.file("policy.conf", "[defaults]\nmode = audit\n")
        before = self.policy()
        self.file("policy.d/other.conf", "[program /usr/bin/other]\nmode = of\n")
        outcome = self.run_hook("triggered")
        self.assertEqual(outcome.code, 0)
        self.assertIn("other.conf:3:8: mode must be", outcome.err)
        self.assertEqual(self.policy(), before)


if __name__ == "__main__":
    main_as_root()
