# SPDX-License-Identifier: Apache-2.0
"""What else people preload into every program, as a measure: what of it is installed."""

import pathlib

LIBRARIES = pathlib.Path("/usr/lib")
# Where their packages put them, and what each needs to do its work and leave no file behind.
PEERS = {
    "eatmydata": ("*-linux-gnu/libeatmydata.so", []),
    "snoopy": ("*-linux-gnu/libsnoopy.so", []),
    "mimalloc": ("*-linux-gnu/libmimalloc.so", []),
    "faketime": ("*-linux-gnu/faketime/libfaketime.so.1", ["FAKETIME=+1d"]),
    "jemalloc": ("*-linux-gnu/libjemalloc.so.2", []),
    "heaptrack": ("heaptrack/libheaptrack_preload.so", ["DUMP_HEAPTRACK_OUTPUT=/dev/null"]),
}


def installed():
    """Pairs of a name and the assignments by which a program gets it."""
    for name, (pattern, more) in PEERS.items():
        for path in sorted(LIBRARIES.glob(pattern))[:1]:
            yield name, [f"LD_PRELOAD={path}", *more]
