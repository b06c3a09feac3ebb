# SPDX-License-Identifier: Apache-2.0
"""Processes for the tests of `sealwax status` whose share of sealed memory is known."""

import os

from support import TestCase, clean_environment, program

PAGE = 4096


class Processes(TestCase):
    def layout(self, name, seal, **options):
        """The PID of a process whose policy wants these regions.

        It seals its page of text and one of its two pages of constants, and nothing else. Nothing
        moves them: where the test's folder lies in memory, the policy is not to want that either.
        """
        policy = self.write(
            f"{name}.policy",
            f"sealwax-policy 1\n[defaults]\nseal = {seal}\ntext = in-place\n",
        )
        if not os.path.exists(self.path(name)):
            self.copy(program("layout"), name)
        process = self.start(
            self.path(name), ready="ready\n", env=clean_environment(SEALWAX_POLICY=policy), **options
        )
        return process.pid
