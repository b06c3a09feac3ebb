# SPDX-License-Identifier: Apache-2.0
"""A Python program with a hole in it, for quickstart: says its process number, waits for a line, and
then does to itself what an attacker does who can make it call functions with chosen arguments.

ctypes stands in for the hole; everything else is the distribution's python3, as it is. The exit
status is 0 where the attack succeeded, 1 where the kernel refused it.
"""

import ctypes
import mmap
import os
import platform
import sys

ANSWER = 31337
# Machine code of a function that returns ANSWER.
PATCHES = {
    "x86_64": bytes.fromhex("b8697a0000c3"),  # mov eax, 31337; ret
    "aarch64": bytes.fromhex("204d8f52c0035fd6"),  # mov w0, 31337; ret
}

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]


def why_not():
    return os.strerror(ctypes.get_errno())


def address_of(function):
    return ctypes.cast(function, ctypes.c_void_p).value


def rewrite_code(function, patch):
    """Makes a function's code writable, and writes over it."""
    address = address_of(function)
    page = address & -mmap.PAGESIZE
    everything = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    if libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), everything) != 0:
        print(f"  mprotect, to make libc's code writable: {why_not()}")
        return False
    ctypes.memmove(address, patch, len(patch))
    return True


def replace_page(function, patch):
    """Puts a page of its own, with the code changed, where the function's is."""
    address = address_of(function)
    page = address & -mmap.PAGESIZE
    code = bytearray(ctypes.string_at(page, mmap.PAGESIZE))
    code[address - page : address - page + len(patch)] = patch
    fixed = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x10  # MAP_FIXED
    everything = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    if libc.mmap(page, mmap.PAGESIZE, everything, fixed, -1, 0) != page:
        print(f"  mmap, to put a page of its own over libc's: {why_not()}")
        return False
    ctypes.memmove(page, bytes(code), len(code))
    return True


def main():
    print(os.getpid(), flush=True)
    sys.stdin.readline()
    patch = PATCHES[platform.machine()]
    print(f"  os.getuid() answers {os.getuid()}")
    if rewrite_code(libc.getuid, patch) or replace_page(libc.getuid, patch):
        print("  libc's getuid() was written over")
    print(f"  os.getuid() answers {os.getuid()}")
    return 0 if os.getuid() == ANSWER else 1


sys.exit(main())
