# SPDX-License-Identifier: Apache-2.0
"""CPython with its extension modules, threads, and children by fork and by spawn."""

from box import find_program

PACKAGES = ["python3"]
# ctypes: libffi asks for new code, and does without.
TOLD = {"observe": ["python3 exec-gain"], "strict": ["python3 exec-gain"]}
PROGRAMS = ["python3"]
EXPECTED = [
    "sqlite3 (399980000, 97)",
    "ssl ('over the wire', 'AECDH-AES256-SHA')",
    "ctypes True",
    "compression [True, True, True]",
    "decimal 1.4142135623730950488016887242096980785696718753769",
    "threads 8",
    "names ('root', {'127.0.0.1'})",
]


def run(box):
    box.run(find_program("python3"), box.take("extensions.py"))
