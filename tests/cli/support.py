# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command-line tool share."""

import collections
import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import schemas

# What whoever started the tests ignores (nohup, a shell for its background jobs) the programs here
# do not.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

SEALWAX = os.environ["SEALWAX"]
# The tool that this becomes: one file, for who copies it to where others reach it.
COMMANDS = os.environ.get("SEALWAX_COMMANDS", SEALWAX)
# `meson test --setup no_shim` puts a library in its place that seals nothing.
LIBRARY = os.environ.get("SEALWAX_TEST_SHIM", os.environ["SEALWAX_LIBRARY"])
PROGRAMS = os.environ["SEALWAX_TEST_PROGRAMS"]

REGIONS = ["text", "rodata", "relro", "gaps", "data", "vdso", "stack"]
FROM_KERNEL = ["[vdso]", "[vvar]", "[vvar_vclock]", "[sigpage]", "[vectors]", "[uprobes]"]

Outcome = collections.namedtuple("Outcome", "code out err")
Line = collections.namedtuple("Line", "begin end perms offset inode name")


def program(name):
    """The path of a program that Meson built for these tests."""
    return os.path.join(PROGRAMS, name)


def clean_environment(**changes):
    """This process's environment without what steers sealwax, and with `changes`."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name
        not in ("LD_PRELOAD", "LD_LIBRARY_PATH", "SEALWAX_POLICY", "NO_COLOR", "ASAN_OPTIONS")
    }
    environment["LC_ALL"] = "C"
    environment.update(changes)
    return environment


def execute(*command, env=None, errors="surrogateescape", timeout=60, **options):
    """Runs a command to its end. What is named in its answer, a process say, may be no UTF-8."""
    result = subprocess.run(
        command,
        env=env if env is not None else clean_environment(),
        stdin=None if "input" in options else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors=errors,
        timeout=timeout,
        check=False,
        **options,
    )
    return Outcome(result.returncode, result.stdout, result.stderr)


def sealwax(*arguments, **options):
    outcome = execute(SEALWAX, *arguments, **options)
    schemas.check(outcome.out)
    return outcome


def run(*command, library=None, options=(), **rest):
    """`sealwax run` with the library that was built."""
    return sealwax("run", "--library", library or LIBRARY, *options, "--", *command, **rest)


def with_terminal(*command):
    """Runs a command with stderr on a terminal: its answer, and what the terminal got."""
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave,
                          env=clean_environment()) as process:
        os.close(slave)
        answer = process.stdout.read().decode()
        code = process.wait()
    shown = b""
    try:
        while block := os.read(master, 4096):
            shown += block
    except OSError:
        pass  # how a terminal ends
    os.close(master)
    return Outcome(code, answer, shown)


def without_notes(text):
    """The lines of what `status --all` says, but for its notes about other tests' processes."""
    lines = [line for line in text.splitlines() if not line.startswith("process ")]
    return lines[:-1] if lines[-1] == "" else lines


def status_of_all(*options):
    return without_notes(sealwax("status", "--all", *options).out)


def maps(pid):
    """/proc/PID/maps, read by other means than sealwax's."""
    lines = []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        for text in file:
            match = re.match(r"(\w+)-(\w+) (\S+) (\w+) \S+ (\d+) *(.*)$", text)
            begin, end, perms, offset, inode, name = match.groups()
            lines.append(
                Line(int(begin, 16), int(end, 16), perms, int(offset, 16), int(inode), name)
            )
    return lines


class TestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sealwax-test-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def copy(self, source, name, mode=0o755):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        shutil.copyfile(source, self.path(name))
        os.chmod(self.path(name), mode)
        return self.path(name)

    def start(self, *command, ready=None, **options):
        """A process that lives until the test ends; `ready` is the line by which it says it is."""
        process = subprocess.Popen(
            command,
            env=options.pop("env", clean_environment()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        if ready is not None:
            self.assertEqual(process.stdout.readline(), ready)
        return process

    def check(self, outcome, code, out="", err=""):
        self.assertEqual(outcome, Outcome(code, out, err))
