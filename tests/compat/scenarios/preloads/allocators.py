# SPDX-License-Identifier: Apache-2.0
"""jemalloc, mimalloc and tcmalloc in place of libc's allocator, preloaded on either side of the shim."""

import pathlib
import re

from scenarios.preloads import orders

PACKAGES = ["libjemalloc2", "libmimalloc-dev", "libtcmalloc-minimal4"]
LIBRARIES = ["*/libjemalloc.so.2", "*/libmimalloc.so.[0-9]*", "*/libtcmalloc_minimal.so.4"]
PROGRAMS = ["allocates"]
EXPECTED = ["pieces that were somebody else's: 0"]


def run(box):
    program = box.compile("allocates", "allocates.c", "-pthread")
    for library in map(orders.find, LIBRARIES):
        for preload in orders.both(box, library):
            box.note(re.sub(r"[.\d]+$", "", pathlib.Path(library).name))
            box.run(program, LD_PRELOAD=preload)
