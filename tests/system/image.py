# SPDX-License-Identifier: Apache-2.0
"""The disk of a Debian 13 that boots with its own kernel, initramfs and systemd. Made by mmdebstrap
from the mirror of this machine's apt, without root where user namespaces are allowed, and kept in
the build folder."""

import contextlib
import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import typing

HERE = pathlib.Path(__file__).parent.resolve()
sys.path.insert(0, str(HERE.parent / "matrix"))

import archive  # noqa: E402 (found by the line above)

SUITE = "trixie"
PASSWORD = "sealwax"
PACKAGES = [
    *("systemd-sysv", "linux-image-cloud-amd64", "udev", "dbus", "login", "sudo", "libelf1t64"),
    "apparmor",
]
APT = [
    'APT::Install-Recommends "false"',
    'Acquire::Languages "none"',
    'Acquire::Retries "3"',
    # A mirror may be a snapshot, and those grow old on purpose.
    'Acquire::Check-Valid-Until "false"',
]
# The bind mount leaves out what is mounted below: /proc, /sys and /dev.
HOOKS = [
    f'echo root:{PASSWORD} | chroot "$1" chpasswd',
    'chroot "$1" useradd --create-home --shell /bin/bash tester',
    'echo "tester ALL=(ALL) NOPASSWD: ALL" >"$1/etc/sudoers.d/tester"',
    # It would compile some hundred profiles of programs that are not here, at the first boot.
    'chroot "$1" systemctl mask --quiet apparmor.service',
    'cat "$1"/boot/vmlinuz-* >kernel',
    'cat "$1"/boot/initrd.img-* >initramfs',
    'mount --bind --make-private "$1" /mnt && mke2fs -q -F -t ext4 -d /mnt disk 2G; umount /mnt',
]


class Image(typing.NamedTuple):
    disk: pathlib.Path
    kernel: pathlib.Path
    initramfs: pathlib.Path


def arguments():
    source = f"deb [signed-by={archive.keyring()}] {archive.mirror()} {SUITE} main"
    return [
        *("--quiet", "--format=null", "--variant=minbase", f"--include={','.join(PACKAGES)}"),
        *(f"--aptopt={option}" for option in APT),
        *(f"--customize-hook={hook}" for hook in HOOKS),
        *(SUITE, "-", source),
    ]


def make(folder):
    """In a folder that gets its name only when everything is in it."""
    draft = pathlib.Path(tempfile.mkdtemp(prefix="draft-", dir=folder.parent))
    try:
        archive.run("mmdebstrap", *arguments(), cwd=draft)
        draft.rename(folder)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise archive.Unreachable(error.stdout) from error


@contextlib.contextmanager
def alone(cache):
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image(cache):
    """Made once, and again where what it is made of has changed."""
    recipe = hashlib.sha256(repr((SUITE, PACKAGES, APT, HOOKS)).encode()).hexdigest()[:12]
    folder = cache / f"{SUITE}-{recipe}"
    with alone(cache):
        if not folder.exists():
            make(folder)
    return Image(folder / "disk", folder / "kernel", folder / "initramfs")
