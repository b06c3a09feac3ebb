# SPDX-License-Identifier: Apache-2.0
"""A program linked with musl, whose start code initialises libraries behind the entry point."""

import unittest

from support import TestCase, program, run


class Musl(TestCase):
    def test_required(self):
        self.check(run(program("greet_musl"), options=["--require"]), 3, "hello\n")

    def test_library_that_seals_nothing(self):
        path = program("greet_musl")
        self.check(
            run(path, library=program("libidle.so"), options=["--require"]),
            125,
            err=f"sealwax: {path} is not sealed (text, rodata, relro, vdso); ended before its "
            "first instruction (--require)\n",
        )


if __name__ == "__main__":
    unittest.main()
