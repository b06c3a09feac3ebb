# SPDX-License-Identifier: Apache-2.0
"""What is unusual around a test program: files in /etc, no /proc, another user, setuid.

All of it lives in a mount namespace of the test's own, so the machine itself stays as it is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rights import AS_NOBODY, NOBODY, SKIPPED, can_become_root, within_reach

if TYPE_CHECKING:
    from case_file import Case
    from run_case import Bench

PRIVATE = "SEALWAX_TEST_HAS_PRIVATE_MOUNTS"
SYSTEM_POLICY = "/etc/sealwax/policy.conf"


def needs_root(case: Case) -> bool:
    """Whether the case changes /etc or /proc, or runs as two users."""
    traits = set(case.lines("machine")) - {
        "started through ld.so", "policy is a pipe", "preloaded twice"}
    if os.geteuid() != 0:
        traits.discard("policy not readable")
    return bool(traits) or SYSTEM_POLICY in case.blocks


def has_right(capability: int) -> bool:
    """Which a container's bounding set can lack (capabilities(7))."""
    bounding = next(line for line in Path("/proc/self/status").read_text().splitlines()
                    if line.startswith("CapBnd:"))
    return int(bounding.split()[1], 16) >> capability & 1 == 1


def has_right_to_raise_limits() -> bool:
    return has_right(24)  # CAP_SYS_RESOURCE


def has_uprobes() -> bool:
    """And the right to set one: CAP_PERFMON."""
    return Path("/sys/bus/event_source/devices/uprobe/type").exists() and has_right(38)


def is_private() -> bool:
    return os.environ.get(PRIVATE) == "1"


def run_again_in_private_mounts() -> int:
    names = ("SEALWAX_SOAK", "SEALWAX_TEST_SHIM", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    keep = [f"{PRIVATE}=1", *(f"{name}={os.environ[name]}" for name in names if name in os.environ)]
    command = ["unshare", "--mount", "--propagation", "private", "env", *keep,
               sys.executable, *sys.argv]
    if os.geteuid() != 0:
        if not can_become_root():
            print("skipped: needs root or a sudo that asks nothing, for mounts of its own")
            return SKIPPED
        command = ["sudo", "-n", *command]
    return subprocess.run(command, check=False).returncode


def limits(case: Case) -> dict[str, Any]:
    """What the program may have, as Popen takes it. Root has as many processes as it wants."""
    if not case.on_machine("no more processes"):
        return {}
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))}


def identity(case: Case) -> dict[str, Any]:
    """Who runs the program, as Popen takes it."""
    traits = ("run by nobody", "no more processes", "setuid root")
    unreadable = case.on_machine("policy not readable") and os.geteuid() == 0
    return AS_NOBODY if unreadable or any(map(case.on_machine, traits)) else {}


@contextlib.contextmanager
def arranged(bench: Bench) -> Iterator[None]:
    if is_private():
        mount("tmpfs", bench.scratch)
        bench.scratch.chmod(0o755)
        make_own_etc(bench.scratch / "etc")
        move_into_reach(bench)
    write_policies(bench)
    arrange_journal(bench.case, bench.scratch / "dev")
    if bench.case.on_machine("no /proc"):
        mount("tmpfs", Path("/proc"))
    try:
        yield
    finally:
        if is_private():
            remove_preload_file()
            unmount(bench.scratch)


def mount(kind: str, where: Path) -> None:
    subprocess.run(["mount", "-t", kind, "sealwax-test", str(where)], check=True)


def unmount(where: Path) -> None:
    # By the system call: umount(8) wants a /proc, which can be gone by now.
    lazily = 2  # MNT_DETACH
    if ctypes.CDLL(None, use_errno=True).umount2(os.fsencode(where), lazily) != 0:
        raise OSError(ctypes.get_errno(), f"cannot unmount {where}")


def make_own_etc(copy: Path) -> None:
    shutil.copytree("/etc", copy, symlinks=True, ignore_dangling_symlinks=True)
    (copy / "ld.so.preload").unlink(missing_ok=True)
    shutil.rmtree(copy / "sealwax", ignore_errors=True)
    subprocess.run(["mount", "--bind", str(copy), "/etc"], check=True)


def move_into_reach(bench: Bench) -> None:
    """Copies what he runs to where any user may read them and set-user-ID bits count."""
    bench.program, bench.shim, bench.filter_tool = (
        Path(copy)
        for copy in within_reach(bench.scratch, bench.program, bench.shim, bench.filter_tool))
    if bench.case.on_machine("setuid root"):
        bench.program.chmod(0o4755)
    if bench.case.on_machine("has a second name"):
        os.link(bench.program, bench.scratch / "second-name")
    if bench.case.on_machine("program not readable"):
        bench.program.chmod(0o111)


def copies_of_shim(bench: Bench) -> list[Path]:
    if not bench.case.on_machine("preloaded twice"):
        return [bench.shim]
    second = bench.scratch / "second" / bench.shim.name
    second.parent.mkdir()
    shutil.copy(bench.shim, second)
    return [bench.shim, second]


def write_policies(bench: Bench) -> None:
    own = bench.scratch / "policy.conf"
    if bench.case.on_machine("policy is a pipe"):
        os.mkfifo(own)
    elif bench.case.lines("policy"):
        own.write_text(bench.named(bench.case.text("policy"), str(bench.shim)))
        own.chmod(0 if bench.case.on_machine("policy not readable") else 0o644)
    if SYSTEM_POLICY in bench.case.blocks:
        system = Path(SYSTEM_POLICY)
        system.parent.mkdir()
        system.parent.chmod(0o755)
        system.write_text(bench.named(bench.case.text(SYSTEM_POLICY), str(bench.shim)))
        system.chmod(0o664 if bench.case.on_machine("policy writable by its group") else 0o644)
        if bench.case.on_machine("policy owned by nobody"):
            os.chown(system, NOBODY, NOBODY)


journal: list[socket.socket] = []
kernel_log: list[int] = []
FILLING = b"filling"
ENTRIES = Path("/run/systemd/journal/socket")


def arrange_journal(case: Case, devices: Path) -> None:
    """Puts a /dev of the test's own in place, with the /dev/log (syslog(3)) that the case wants, and a /run
    without the journal of this machine."""
    listens = case.on_machine("journal listening") or case.on_machine("journal full")
    takes_entries = case.on_machine("journal of systemd listening")
    if not listens and not takes_entries and not case.on_machine("no journal"):
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "none", "/run"], check=True)
    if takes_entries:
        ENTRIES.parent.mkdir(parents=True)
        journal.append(listen_at(ENTRIES))
    devices.mkdir()
    if listens:
        journal.append(listen_at(devices / "log"))
    # Where the first process of a system writes while there is no journal.
    open_kernel_log(needed=case.on_machine("first process") and not listens)
    for name in ("null", "urandom", "zero", *(["kmsg"] if kernel_log else [])):
        (devices / name).touch()
        subprocess.run(["mount", "--bind", f"/dev/{name}", str(devices / name)], check=True)
    subprocess.run(["mount", "--rbind", str(devices), "/dev"], check=True)


def listen_at(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.setblocking(False)
    listener.bind(str(path))
    path.chmod(0o666)
    return listener


def open_kernel_log(needed: bool) -> None:
    """From its end on; a container may have none, and a user without rights may not read it."""
    try:
        kernel_log.append(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK))
    except OSError as error:
        if needed:
            print(f"skipped: cannot read the kernel's log: {error}")
            sys.exit(SKIPPED)
    else:
        os.lseek(kernel_log[0], 0, os.SEEK_END)


def fill_journal(case: Case) -> None:
    """Sends to the socket that nobody reads from until a new sender would have to wait: one alone may
    have filled its own buffer, where the queue is long (net.unix.max_dgram_qlen, by systemd 512)."""
    while case.on_machine("journal full") and sent_to_journal() != 0:
        pass


def sent_to_journal() -> int:
    """How many datagrams one sender could send."""
    sent = 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sender.sendto(FILLING, "/dev/log")
                sent += 1
    return sent


def journal_lines(scratch: Path) -> str:
    """What came to the journal and to the kernel's log since this was asked last."""
    lines = ""
    for listener in journal:
        with contextlib.suppress(BlockingIOError):
            while datagram := listener.recv(65536):
                if datagram != FILLING:
                    lines += datagram.decode(errors="backslashreplace").removesuffix("\n") + "\n"
    for log in kernel_log:
        lines += "".join(kernel_records(log, scratch))
    return lines


def kernel_records(log: int, scratch: Path) -> Iterator[str]:
    """Sealwax's own, as they were written, of programs in this folder: the whole machine writes to
    this log, other tests too. One that the kernel keeps open, in case its line goes on, is not to
    be read (Documentation/ABI/testing/dev-kmsg)."""
    with contextlib.suppress(BlockingIOError):
        while record := os.read(log, 8192).decode(errors="backslashreplace"):
            head, text = record.split("\n")[0].split(";", 1)
            if text.startswith("sealwax: ") and f"{scratch}/" in text:
                yield f"<{head.split(',')[0]}>{text}\n"


def write_preload_file(shim: Path | None) -> None:
    if shim is None:
        remove_preload_file()
    else:
        Path("/etc/ld.so.preload").write_text(f"{shim}\n")


def remove_preload_file() -> None:
    Path("/etc/ld.so.preload").unlink(missing_ok=True)
