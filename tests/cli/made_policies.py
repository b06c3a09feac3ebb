# SPDX-License-Identifier: Apache-2.0
"""A system with policies, for the tests of `sealwax policy`."""

import json

from made_system import System
from support import sealwax


class Policies(System):
    def setUp(self):
        super().setUp()
        self.program()
        self.shared("/usr/lib/libx.so.1.0")
        self.link("/usr/lib/libx.so.1", "libx.so.1.0")

    def policy(self, sections, name="policy"):
        return self.write(name, "sealwax-policy 1\n" + sections)

    def system_policy(self, sections):
        self.put("/etc/sealwax/policy.conf", b"sealwax-policy 1\n" + sections.encode(), 0o644)

    def command(self, name, *arguments, **options):
        return sealwax("policy", name, "--root", self.root, *arguments, **options)

    def document(self, name, *arguments, code=0):
        outcome = self.command(name, "--json", *arguments)
        self.assertEqual(outcome.code, code)
        return json.loads(outcome.out)
