# SPDX-License-Identifier: Apache-2.0
"""Loads libraries as it runs, says `ready`, and waits for a line: late_loads.py WHAT LIBRARY...

churn: opens and closes each four times, and keeps it open the fifth time.
fill: opens all and closes all, then opens all and keeps them.
refused: has a call refused.
"""

import ctypes
import sys

NOW = 2  # RTLD_NOW
READ_WRITE = 3
own = ctypes.CDLL(None)
own.dlopen.restype = ctypes.c_void_p
own.dlclose.argtypes = [ctypes.c_void_p]
own.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def open_library(path):
    handle = own.dlopen(path.encode(), NOW)
    if not handle:
        sys.exit(f"cannot open {path}")
    return handle


what, libraries = sys.argv[1], sys.argv[2:]
if what == "churn":
    for library in libraries:
        for _ in range(4):
            own.dlclose(open_library(library))
        open_library(library)
elif what == "fill":
    for handle in [open_library(library) for library in libraries]:
        own.dlclose(handle)
    for library in libraries:
        open_library(library)
elif what == "refused":
    text = ctypes.cast(own.getpid, ctypes.c_void_p).value & -65536
    own.mprotect(text, 4096, READ_WRITE)
print("ready", flush=True)
sys.stdin.readline()
