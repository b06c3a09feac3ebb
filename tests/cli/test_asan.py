# SPDX-License-Identifier: Apache-2.0
"""A program built with AddressSanitizer, which wants to be the first library."""

import unittest

from support import TestCase, clean_environment, program, run

CAUSE = "is built with AddressSanitizer, which wants to be the first library"
REMEDY = "ASAN_OPTIONS=verify_asan_link_order=0 prevents that"


class Asan(TestCase):
    def test_warning(self):
        path = program("greet_asan")
        outcome = run(path)
        self.assertEqual((outcome.code, outcome.out), (1, ""))
        lines = outcome.err.splitlines()
        self.assertEqual(
            lines[0], f"sealwax: warning: {path} {CAUSE}; it will end itself ({REMEDY})"
        )
        self.assertIn("ASan runtime does not come first", lines[1])

    def test_required(self):
        path = program("greet_asan")
        self.check(
            run(path, options=["--require"]),
            125,
            err=f"sealwax: {path} {CAUSE} ({REMEDY}); not running it (--require)\n",
        )

    def test_told_not_to_look(self):
        environment = clean_environment(ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
        self.check(run(program("greet_asan"), env=environment), 3, "hello\n")


if __name__ == "__main__":
    unittest.main()
