#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Finds the smallest limit under which a program only just starts bare, and starts it under the shim
with little more: it has to work, and to be sealed, by the built-in policy and by a file.

  least_limits.py LIMIT --program P --shim LIB --libraries DIR
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

STEP = 4  # KiB, as all figures here
# Which it is, what is surely enough, and how much more than bare may be needed.
LIMITS = {
    "address_space": (resource.RLIMIT_AS, 64 * 1024, 100),
    "stack": (resource.RLIMIT_STACK, 8 * 1024, STEP),
}
MORE_BY_A_FILE = 16
POLICIES = {
    "a short policy": "[defaults]\nreport-to = stderr\n",
    "a long policy": "".join(f"[program /usr/lib/package-{number}/bin/daemon-*]\nseal = +data\n"
                             for number in range(1000)),
}
ADDR_NO_RANDOMIZE = 0x0040000  # personality(2): the stack begins up to 8 KiB lower by chance
SEALED = {"main: sealed", "libc: sealed", "ld.so: sealed", "vdso: sealed"}


def lines(options: argparse.Namespace, size: int, environment: dict[str, str]) -> set[str]:
    """What the program says under this limit; nothing where it does not come to its end."""
    limit = LIMITS[options.limit][0]
    done = subprocess.run(
        [options.program], capture_output=True, text=True, check=False,
        env={"LD_LIBRARY_PATH": options.libraries, **environment},
        preexec_fn=lambda: resource.setrlimit(limit, (size * 1024, size * 1024)))
    return set(done.stdout.splitlines()) if done.returncode == 0 else set()


def least(options: argparse.Namespace, wanted: set[str], environment: dict[str, str]) -> int:
    too_little, enough = 0, LIMITS[options.limit][1]
    while enough - too_little > STEP:
        size = (enough + too_little) // 2 // STEP * STEP
        if wanted <= lines(options, size, environment):
            enough = size
        else:
            too_little = size
    return enough


def main() -> int:
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("limit", choices=LIMITS)
    for name in ("--program", "--shim", "--libraries"):
        parser.add_argument(name, required=True)
    options, _ = parser.parse_known_args()
    shim = {"LD_PRELOAD": os.path.abspath(os.environ.get("SEALWAX_TEST_SHIM", options.shim))}
    bare = least(options, {"main: open"}, {})
    most = {"no policy": bare + LIMITS[options.limit][2]}
    taken = {"no policy": least(options, SEALED, shim)}
    with tempfile.TemporaryDirectory(prefix="sealwax-") as folder:
        for name, text in POLICIES.items():
            file = Path(folder) / "policy.conf"
            file.write_text("sealwax-policy 1\n" + text)
            taken[name] = least(options, SEALED, {**shim, "SEALWAX_POLICY": str(file)})
            most[name] = taken["no policy"] + MORE_BY_A_FILE
    for name, size in taken.items():
        print(f"{name}: {size} KiB where bare {bare} will do, at most {most[name]}")
    return 0 if all(taken[name] <= most[name] for name in taken) else 1


if __name__ == "__main__":
    sys.exit(main())
