#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that a seal refuses, in numbers, while what they are reported to is replaced (see refuse.c): no
program is lost, no line is torn, and what was told and what was dropped is what was refused.

  refusals.py WORK DESTINATION --program P --shim LIB

WORK: calls (of eight threads of one process) or programs (side by side, each with one such call).
DESTINATION: file (rotated meanwhile), socket (in the journal's place, made anew meanwhile) or journald
(a real one, restarted meanwhile).
With SEALWAX_SOAK set there are ten thousand programs in place of a thousand.
"""

import argparse
import os
import pathlib
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

from machine import is_private, run_again_in_private_mounts

NUMBERS = {"calls": (1_000_000, 1_000_000), "programs": (1_000, 10_000)}
PATIENCE = 3600
PAUSE = 0.05  # seconds between two replacements
LINE = re.compile(r"sealwax-report 1 time=\d+ pid=(\d+) exe=\S+/refuse event=refused call=(\w+) .*"
                  r" caller=(\S+) mode=enforce count=(\d+)(?: dropped=(\d+))?")


class File:
    """A file of reports that is moved away again and again, as logrotate does."""

    def __init__(self, folder):
        self.path = folder / "reports"
        self.rotated = 0

    def pass_time(self, seconds):
        time.sleep(seconds)

    def policy(self):
        return f"report-to = file:{self.path}\n"

    def replace(self):
        self.rotated += 1
        if self.path.exists():
            self.path.rename(f"{self.path}.{self.rotated}")

    def lines(self):
        texts = [file.read_text() for file in self.path.parent.glob("reports*")]
        torn = [text for text in texts if text and not text.endswith("\n")]
        assert not torn, torn
        return [line for text in texts for line in text.splitlines()]


def hide_journal():
    """That of this machine, which would take what is meant for the test's own."""
    subprocess.run(["mount", "-t", "tmpfs", "sealwax-test", "/run"], check=True)


def make_own_devices(folder):
    devices = folder / "dev"
    devices.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "sealwax-test", str(devices)], check=True)
    for name in ("null", "urandom", "zero"):
        (devices / name).touch()
        subprocess.run(["mount", "--bind", f"/dev/{name}", str(devices / name)], check=True)
    subprocess.run(["mount", "--rbind", str(devices), "/dev"], check=True)


class Socket:
    """At /dev/log, gone for a moment and then another. What was sent to an older one is still read."""

    def __init__(self, folder):
        self.received = []
        self.sockets = []
        hide_journal()
        make_own_devices(folder)
        self.replace()

    def policy(self):
        return "report-to = journal\n"

    def replace(self):
        pathlib.Path("/dev/log").unlink(missing_ok=True)
        self.pass_time(PAUSE / 5)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind("/dev/log")
        self.sockets.append(listener)

    def pass_time(self, seconds):
        """By reading: a socket holds ten datagrams (net.unix.max_dgram_qlen)."""
        end = time.monotonic() + seconds
        while ready := select.select(self.sockets, [], [], max(0, end - time.monotonic()))[0]:
            self.received += [listener.recv(65536).decode() for listener in ready]

    def lines(self):
        self.pass_time(0)
        return [re.sub(r"^<\d+>sealwax: ", "", datagram) for datagram in self.received]


class Journald:
    """In a /run of its own. Its sockets are held here and handed on, as systemd does, so that what was
    sent while there was none is read by the next (sd_listen_fds(3))."""

    program = "/lib/systemd/systemd-journald"
    settings = "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nAudit=no\nReadKMsg=no\n"

    def __init__(self, folder):
        make_own_devices(folder)
        hide_journal()
        for name in ("journal", "journald.conf.d"):
            pathlib.Path("/run/systemd", name).mkdir(parents=True)
        pathlib.Path("/run/log/journal").mkdir(parents=True)
        pathlib.Path("/run/systemd/journald.conf.d/soak.conf").write_text(self.settings)
        self.listeners = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
        for listener, name in zip(self.listeners, ("dev-log", "socket")):
            listener.bind(f"/run/systemd/journal/{name}")
        pathlib.Path("/dev/log").symlink_to("/run/systemd/journal/dev-log")
        self.start()

    def start(self):
        # Out of the way first, and then to where they are looked for (SD_LISTEN_FDS_START).
        handed = [os.dup2(listener.fileno(), 100 + i) for i, listener in enumerate(self.listeners)]
        moves = " ".join(f"{3 + i}<&{number}" for i, number in enumerate(handed))
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec {moves}; LISTEN_FDS={len(handed)} LISTEN_PID=$$ exec {self.program}"],
            pass_fds=handed, stderr=subprocess.DEVNULL)

    def end(self):
        self.process.terminate()
        self.process.wait()

    def pass_time(self, seconds):
        time.sleep(seconds)

    def policy(self):
        return "report-to = journal\n"

    def replace(self):
        time.sleep(10 * PAUSE)
        self.end()
        self.start()

    def lines(self):
        """Once it has read what was left for it."""
        while select.select(self.listeners, [], [], 0)[0]:
            time.sleep(PAUSE)
        self.end()
        shown = subprocess.run(
            ["journalctl", "-D", "/run/log/journal", "-o", "cat", "-t", "sealwax", "--no-pager"],
            stdout=subprocess.PIPE, text=True, check=True)
        return shown.stdout.splitlines()


DESTINATIONS = {"file": File, "socket": Socket, "journald": Journald}


def perform(options, folder, destination):
    """The work, beside a thread that replaces the destination; what it says about itself."""
    policy = folder / "policy.conf"
    policy.write_text("sealwax-policy 1\n[defaults]\n" + destination.policy())
    number = NUMBERS[options.work]["SEALWAX_SOAK" in os.environ]
    over, ended = threading.Event(), threading.Event()

    def replace():
        while not over.is_set():
            destination.pass_time(PAUSE)
            destination.replace()
        while not ended.is_set():
            destination.pass_time(PAUSE)

    with subprocess.Popen(
        [options.program, options.work, str(number)], text=True,
        env={**os.environ, "LD_PRELOAD": options.shim, "SEALWAX_POLICY": str(policy)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:
        replacing = threading.Thread(target=replace)
        replacing.start()
        said = process.stdout.readline()
        over.set()
        time.sleep(3 * PAUSE)
        process.communicate("\n", timeout=PATIENCE)
        ended.set()
        replacing.join()
    return number, said, process.returncode


def check_calls(number, said, lines):
    """A place's last line has how often it came by; the last of all are told at the end, when nothing
    is replaced any more."""
    last = {}
    for _, call, caller, count, _ in lines:
        last[call, caller] = max(int(count), last.get((call, caller), 0))
    told = sum(last.values())
    if said != f"made {number}, wrong 0\n" or told != number:
        return f"{said}told of {told}: {last}"
    return None


def check_programs(number, said, lines):
    """Each has one call and one line, or says that it was dropped."""
    found = re.fullmatch(r"told (\d+), dropped (\d+), lost 0\n", said)
    told = len({line[0] for line in lines})
    if not found or int(found[1]) + int(found[2]) != number or not len(lines) == told == int(found[1]):
        return f"{said}{len(lines)} lines of {told} processes"
    return None


def check(options, folder):
    destination = DESTINATIONS[options.destination](folder)
    number, said, status = perform(options, folder, destination)
    lines = destination.lines()
    found = [LINE.fullmatch(line) for line in lines]
    if status != 0 or not all(found):
        return f"status {status}; torn or foreign: {[l for l, f in zip(lines, found) if not f][:3]}"
    checks = {"calls": check_calls, "programs": check_programs}
    print(said, f"{len(lines)} lines")
    return checks[options.work](number, said, [match.groups() for match in found])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=NUMBERS)
    parser.add_argument("destination", choices=DESTINATIONS)
    parser.add_argument("--program", required=True)
    parser.add_argument("--shim", required=True)
    options = parser.parse_args()
    options.shim = os.path.abspath(os.environ.get("SEALWAX_TEST_SHIM", options.shim))
    options.program = os.path.abspath(options.program)
    if options.destination != "file" and not is_private():
        return run_again_in_private_mounts()
    with tempfile.TemporaryDirectory(prefix="sealwax-soak-") as scratch:
        problem = check(options, pathlib.Path(scratch))
        if options.destination != "file":
            for mounted in ("/dev", f"{scratch}/dev"):
                subprocess.run(["umount", "--recursive", "--lazy", mounted], check=True)
    print(problem or "as it should be")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
