# SPDX-License-Identifier: Apache-2.0
"""Programs held at their entry point: libraries are loaded and initialised, and nothing of the
program itself has run."""

import ctypes
import os
import platform
import signal
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

PTRACE_TRACEME, PTRACE_CONT, PTRACE_SETOPTIONS = 0, 7, 0x4200
PTRACE_O_EXITKILL = 0x100000
PR_SET_NO_NEW_PRIVS = 38
AT_ENTRY = 9
BREAKPOINT = {"x86_64": b"\xcc", "aarch64": b"\x00\x00\x20\xd4"}[platform.machine()]


def execute_traced(path, environment):
    """In a child: becomes the program, without privileges that the caller does not have."""
    try:
        null = os.open("/dev/null", os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        os.chdir("/")
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        LIBC.ptrace(PTRACE_TRACEME, 0, None, None)
        os.execve(path, [path], environment)
    finally:
        os._exit(127)


def set_breakpoint(pid):
    with open(f"/proc/{pid}/auxv", "rb") as auxv:
        entry = dict(struct.iter_unpack("QQ", auxv.read()))[AT_ENTRY]
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(entry)
        memory.write(BREAKPOINT)


def hold(path, environment):
    """The PID of a process stopped at the entry point of `path`; None: it ended before it."""
    pid = os.fork()
    if pid == 0:
        execute_traced(path, environment)
    executed = False
    while True:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            return None
        stop = os.WSTOPSIG(status)
        if stop == signal.SIGTRAP and executed:
            return pid
        if stop == signal.SIGTRAP:
            executed = True
            LIBC.ptrace(PTRACE_SETOPTIONS, pid, None, PTRACE_O_EXITKILL)
            set_breakpoint(pid)
        LIBC.ptrace(PTRACE_CONT, pid, None, 0 if stop == signal.SIGTRAP else stop)


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
