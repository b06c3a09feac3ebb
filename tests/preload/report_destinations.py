#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the program two_refusals with a standard error that reports must not, or cannot, go to at the
moment, bare and under the shim: to the program there is no difference, and nothing of a report is
where it does not belong. What gets out later says how many did not.

  report_destinations.py SCENARIO --program P --shim LIB --libraries DIR
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 60
POLICY = "sealwax-policy 1\n[defaults]\nreport-to = stderr\n"
LIMIT = 100  # less than any line


@dataclass
class Run:
    """One run of the program: its standard error, and what it said about itself."""

    options: argparse.Namespace
    scratch: Path
    under_shim: bool
    stack: ExitStack
    arranged: tuple[str, str] = ("nothing", "")
    between: Callable[[], None] = lambda: None
    start: dict = field(default_factory=dict)
    said: str = ""
    status: str = ""

    def of(self, descriptor: int) -> int:
        self.stack.callback(close_quietly, descriptor)
        return descriptor

    def perform(self, stderr: int | Callable[[], int]) -> None:
        said, to_say = os.pipe()
        waits, go_on = os.pipe()
        environment = {"LD_LIBRARY_PATH": str(self.options.libraries)}
        if self.under_shim:
            environment |= {"LD_PRELOAD": str(self.options.shim),
                            "SEALWAX_POLICY": str(self.scratch / "policy.conf")}

        def put_in_place() -> None:
            opened = stderr if isinstance(stderr, int) else stderr()
            numbers = [os.dup(number) for number in (opened, to_say, waits)]
            for number, place in zip(numbers, (2, 3, 4)):
                os.dup2(number, place)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

        process = subprocess.Popen(
            [str(self.options.program), *self.arranged], env=environment, cwd=self.scratch,
            stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=put_in_place, **self.start)
        os.close(to_say)
        os.close(waits)
        self.said = read_until(said, "call: ")
        self.between()
        os.close(go_on)
        self.said += read_until(said, "survived")
        os.close(said)
        self.status = ended(process)


def close_quietly(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        pass


def read_until(descriptor: int, word: str) -> str:
    """What comes until a line has the word, the other end is closed, or nothing comes for long."""
    text = ""
    while not re.search(rf"{word}.*\n", text) and \
            select.select([descriptor], [], [], PATIENCE)[0]:
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        text += piece.decode()
    return text


def ended(process: subprocess.Popen) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        pid, status = os.waitpid(process.pid, os.WNOHANG | os.WUNTRACED)
        if pid != 0:
            if os.WIFSTOPPED(status):
                break
            process.returncode = os.waitstatus_to_exitcode(status)
            return f"ended with {process.returncode}"
        time.sleep(0.01)
    process.kill()
    process.wait()
    return "stopped, or still running"


def drained(descriptor: int) -> str:
    text = b""
    while select.select([descriptor], [], [], 0)[0]:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # the terminal is gone
            break
        if not piece:
            break
        text += piece
    return text.decode(errors="backslashreplace").replace("\0", "").replace("\r", "")


def filled(descriptor: int) -> None:
    """A terminal passes on for a while what it was given, and has room again."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    while written_at_once(descriptor, 4096) + written_at_once(descriptor, 1) > 0:
        time.sleep(0.1)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)


def written_at_once(descriptor: int, size: int) -> int:
    written = 0
    try:
        while True:
            written += os.write(descriptor, b"\0" * size)
    except BlockingIOError:
        return written


# Each scenario performs the run and returns what came out at the other end, if it can be seen.

def pipe(run: Run) -> str:
    reads, writes = map(run.of, os.pipe())
    run.perform(writes)
    return drained(reads)


def pipe_without_a_reader(run: Run) -> str:
    reads, writes = map(run.of, os.pipe())
    os.close(reads)
    run.perform(writes)
    return ""


def pipe_without_a_reader_beside_a_pending_signal(run: Run) -> str:
    run.arranged = ("pending SIGPIPE", "")
    return pipe_without_a_reader(run)


def full_between(run: Run, reads: int, writes: int) -> str:
    filled(writes)
    run.between = lambda: drained(reads)
    run.perform(writes)
    return drained(reads)


def full_pipe(run: Run) -> str:
    return full_between(run, *map(run.of, os.pipe()))


def full_named_pipe(run: Run) -> str:
    path = run.scratch / f"pipe{run.under_shim}"
    os.mkfifo(path)
    reads = run.of(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    return full_between(run, reads, run.of(os.open(path, os.O_WRONLY)))


def named_pipe_without_a_reader(run: Run) -> str:
    path = run.scratch / f"pipe{run.under_shim}"
    os.mkfifo(path)
    reads = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writes = run.of(os.open(path, os.O_WRONLY))
    os.close(reads)
    run.perform(writes)
    return ""


def socket_pair(run: Run, kind: socket.SocketKind) -> tuple[int, int]:
    pair = socket.socketpair(socket.AF_UNIX, kind)
    return tuple(run.of(end.detach()) for end in pair)


def full_stream_socket(run: Run) -> str:
    return full_between(run, *socket_pair(run, socket.SOCK_STREAM))


def full_datagram_socket(run: Run) -> str:
    return full_between(run, *socket_pair(run, socket.SOCK_DGRAM))


def socket_without_a_peer(run: Run) -> str:
    near, far = socket_pair(run, socket.SOCK_STREAM)
    os.close(far)
    run.perform(near)
    return ""


def written_file(run: Run, path: Path) -> str:
    run.perform(run.of(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)))
    return path.read_text()


def file(run: Run) -> str:
    return written_file(run, run.scratch / f"file{run.under_shim}")


def file_at_its_limit(run: Run) -> str:
    run.arranged = ("file limit", "0")
    return file(run)


def file_short_of_its_limit(run: Run) -> str:
    run.arranged = ("file limit", str(LIMIT))
    return file(run)


def own_data_as_descriptor_2(run: Run) -> str:
    reads, writes = map(run.of, os.pipe())
    own = run.scratch / f"own{run.under_shim}"
    run.arranged = ("own data as 2", str(own))
    run.perform(writes)
    own_data = own.read_text()
    return drained(reads) + ("" if own_data == "own data\n" else "in own data: " + own_data)


def own_data_in_a_deleted_files_place(run: Run) -> str:
    """Many file systems give the number of an inode that is free to the next new file."""
    path, own = run.scratch / "deleted", run.scratch / f"own{run.under_shim}"
    run.arranged = ("own data as 2", str(own))

    def open_and_delete() -> int:
        stderr = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        path.unlink()
        return stderr

    run.perform(open_and_delete)
    own_data = own.read_text()
    return "" if own_data == "own data\n" else "in own data: " + own_data


def no_descriptor_2(run: Run) -> str:
    run.arranged = ("no 2", "")
    return pipe(run)


def terminal(run: Run) -> tuple[int, int]:
    near, far = map(run.of, os.openpty())
    tty.setraw(far)
    return near, far


def terminal_that_runs(run: Run) -> str:
    near, far = terminal(run)
    run.perform(far)
    return drained(near)


def stopped_terminal(run: Run) -> str:
    near, far = terminal(run)
    termios.tcflow(far, termios.TCOOFF)
    run.between = lambda: termios.tcflow(far, termios.TCOON)
    run.perform(far)
    return drained(near)


def full_terminal(run: Run) -> str:
    near, far = terminal(run)
    return full_between(run, near, far)


def terminal_that_hung_up(run: Run) -> str:
    near, far = terminal(run)
    os.close(near)
    run.perform(far)
    return ""


def background_job(run: Run) -> str:
    """A session of its own on the terminal, where another group has the foreground."""
    near, far = terminal(run)
    attributes = termios.tcgetattr(far)
    attributes[3] |= termios.TOSTOP
    termios.tcsetattr(far, termios.TCSANOW, attributes)
    report, to_report = map(run.of, os.pipe())
    leader = os.fork()
    if leader == 0:
        os.setsid()
        fcntl.ioctl(far, termios.TIOCSCTTY, 0)  # and this group is in the foreground
        run.start["process_group"] = 0
        run.perform(far)
        os.write(to_report, (run.said + "\0" + run.status).encode())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os._exit(0)
    os.waitpid(leader, 0)
    run.said, _, run.status = os.read(report, 65536).decode().partition("\0")
    return drained(near)


FIRST = r"sealwax-report 1 [^\n]* call=mprotect [^\n]* count=1\n"
SECOND = r"sealwax-report 1 [^\n]* call=munmap [^\n]* count=1\n"
SECOND_ALONE = r"sealwax-report 1 [^\n]* call=munmap [^\n]* count=1 dropped=1\n"
BOTH = FIRST + SECOND

SCENARIOS: dict[str, tuple[Callable[[Run], str], str]] = {
    "report_to_a_pipe": (pipe, BOTH),
    "report_to_a_pipe_without_a_reader": (pipe_without_a_reader, ""),
    "report_leaves_a_pending_signal_alone": (pipe_without_a_reader_beside_a_pending_signal, ""),
    "report_to_a_full_pipe": (full_pipe, SECOND_ALONE),
    "report_to_a_full_named_pipe": (full_named_pipe, SECOND_ALONE),
    "report_to_a_named_pipe_without_a_reader": (named_pipe_without_a_reader, ""),
    "report_to_a_full_stream_socket": (full_stream_socket, SECOND_ALONE),
    "report_to_a_full_datagram_socket": (full_datagram_socket, SECOND_ALONE),
    "report_to_a_socket_without_a_peer": (socket_without_a_peer, ""),
    "report_to_a_file": (file, BOTH),
    "report_to_a_file_at_its_limit": (file_at_its_limit, ""),
    "report_to_a_file_short_of_its_limit": (file_short_of_its_limit, ""),
    "report_never_lands_in_own_data": (own_data_as_descriptor_2, ""),
    "report_never_lands_in_own_data_in_a_deleted_files_place":
        (own_data_in_a_deleted_files_place, ""),
    "report_without_descriptor_2": (no_descriptor_2, ""),
    "report_to_a_terminal": (terminal_that_runs, BOTH),
    "report_to_a_stopped_terminal": (stopped_terminal, SECOND_ALONE),
    "report_to_a_full_terminal": (full_terminal, SECOND_ALONE),
    "report_to_a_terminal_that_hung_up": (terminal_that_hung_up, ""),
    "report_from_a_background_job": (background_job, BOTH),
}


@contextmanager
def made(options: argparse.Namespace, under_shim: bool) -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="sealwax-test-") as scratch, ExitStack() as stack:
        (Path(scratch) / "policy.conf").write_text(POLICY)
        yield Run(options, Path(scratch), under_shim, stack)


def what_the_program_saw(run: Run) -> str:
    return re.sub(r"call: \w+", "call", run.said) + run.status


def complaints(options: argparse.Namespace) -> Iterator[str]:
    perform, wanted = SCENARIOS[options.scenario]
    with made(options, False) as bare:
        if text := perform(bare):
            yield f"bare, something came out: {text!r}"
    with made(options, True) as sealed:
        text = perform(sealed)
    if not bare.said.endswith("survived\n"):
        yield f"bare, the program did not end as it should: {bare.said!r}, {bare.status}"
    if what_the_program_saw(bare) != what_the_program_saw(sealed):
        yield f"bare {bare.said!r}, {bare.status}\nsealed {sealed.said!r}, {sealed.status}"
    if sealed.said.count("call: refused") != 2:
        yield f"nothing was refused: {sealed.said!r}"
    if not re.fullmatch(wanted, text):
        yield f"not what should have come out: {text!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--shim", type=Path, required=True)
    parser.add_argument("--libraries", type=Path, required=True)
    options, _ = parser.parse_known_args()
    options.shim = Path(os.environ.get("SEALWAX_TEST_SHIM", options.shim)).absolute()
    options.program = options.program.absolute()
    found = list(complaints(options))
    print("\n".join(found) or "as it should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
