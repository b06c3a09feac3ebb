# SPDX-License-Identifier: Apache-2.0
"""A virtual machine with Debian's own systemd on a disk: boots it, logs in on its console, runs a
script there, and switches it off. The disk keeps what was done from one boot to the next."""

import contextlib
import io
import os
import re
import select
import subprocess
import tarfile
import time

import image

BEGIN, END = "GUEST SCRIPT BEGINS", "GUEST SCRIPT HAS ENDED"
RUN_SCRIPT = "tar -xf /dev/vdb -C /run && sh /run/script; "
SWITCH_OFF = "systemctl --force poweroff"
# Where no program starts any more: the shell asks the kernel (its admin-guide/sysrq.rst) to write
# all to the disk, and a while later to switch off.
SWITCH_OFF_BY_KERNEL = "for key in s u o; do echo $key >/proc/sysrq-trigger; read -t 5; done"
PROMPT = rb"~# "
# What a script does not want to hear of a command, a failure wants to tell.
HUSH = """
hush() { echo "+ $*" >>/run/hushed; "$@" >>/run/hushed 2>&1; }
"""
TELL = """
echo "=== hushed"; cat /run/hushed 2>/dev/null
"""


class BootFailure(AssertionError):
    """The machine did not do what it was to do; the message holds what it wrote."""


# Seconds. Emulated, beside a busy machine, a boot takes many times the two minutes that it needs alone.
PATIENCE = 900


class Console:
    """What the machine writes on its serial line, and what is typed there."""

    def __init__(self, process, seconds):
        self.process = process
        self.deadline = time.monotonic() + seconds
        self.text = b""
        self.seen = 0

    def more(self):
        """Waits for output; False: the machine has ended."""
        left = self.deadline - time.monotonic()
        output = self.process.stdout
        if left <= 0 or not select.select([output], [], [], left)[0]:
            raise BootFailure("out of time; on the console:\n" + self.transcript())
        block = os.read(output.fileno(), 65536)
        self.text += block
        return bool(block)

    def expect(self, pattern):
        while not (found := re.search(pattern, self.text[self.seen :])):
            if not self.more():
                raise BootFailure(f"no {pattern} on the console:\n" + self.transcript())
        self.seen += found.end()

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def transcript(self):
        plain = re.sub(rb"\x1b[\[(][0-9;?]*[A-Za-z]|\x1b\][^\a\x1b]*(\a|\x1b\\)|\r", b"", self.text)
        return plain.decode(errors="replace")


class Guest:
    def __init__(self, base, scratch):
        self.base = base
        self.scratch = scratch
        self.disk = scratch / "disk.qcow2"
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base.disk, self.disk],
            check=True,
        )

    def pack(self, script, files):
        """The second disk: a tar archive that is unpacked into the guest's /run."""
        path = self.scratch / "payload.tar"
        with tarfile.open(path, "w") as archive:
            for name, source in files.items():
                archive.add(source.resolve(), name, filter=as_roots)
            content = f"echo '{BEGIN}'\n{HUSH}{script}\n{TELL}echo '{END}'\n".encode()
            entry = as_roots(tarfile.TarInfo("script"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        return path

    @contextlib.contextmanager
    def machine(self, payload, parameters, seconds, memory=1024):
        # With two processors TCG can run into code that the kernel is just patching (int3).
        command = [
            *("qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", str(memory), "-smp", "1"),
            *("-display", "none", "-monitor", "none", "-serial", "stdio"),
            *("-nic", "none", "-no-reboot", "-kernel", self.base.kernel),
            *("-initrd", self.base.initramfs),
            *("-append", f"root=/dev/vda rw console=ttyS0 quiet loglevel=1 panic=-1 "
              f"systemd.default_device_timeout_sec={PATIENCE} "
              f"systemd.default_timeout_start_sec={PATIENCE} {parameters}"),
            *("-drive", f"file={self.disk},format=qcow2,if=virtio,cache=unsafe"),
            *("-drive", f"file={payload},format=raw,if=virtio,readonly=on"),
        ]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, **pipes) as process:
            try:
                yield Console(process, seconds)
            finally:
                process.kill()

    def boot(self, script, files=None, parameters="", end=SWITCH_OFF, seconds=PATIENCE, memory=1024):
        """Logs in on the console, runs the script, and returns its lines."""
        payload = self.pack(script, files or {})
        with self.machine(payload, parameters, seconds, memory) as console:
            console.expect(rb"login: ")
            console.type("root")
            console.expect(rb"Password: ")
            console.type(image.PASSWORD)
            console.expect(PROMPT)
            console.type(RUN_SCRIPT + end)
            while console.more():
                pass
        lines = console.transcript().splitlines()
        if END not in lines:
            raise BootFailure("the script did not end; on the console:\n" + console.transcript())
        return lines[lines.index(BEGIN) + 1 : lines.index(END)]

    def boot_in_vain(self, sign, parameters="", seconds=PATIENCE):
        """Boots until the console shows `sign` of a failure."""
        with self.machine(self.pack("", {}), parameters, seconds) as console:
            console.expect(sign.encode())


def as_roots(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
