# SPDX-License-Identifier: Apache-2.0
"""The disk of a Debian that boots with its kernel, initramfs and systemd. Made by mmdebstrap from the
mirror of this machine's apt, without root where user namespaces are allowed, and kept in the build
folder."""

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
sys.path[:0] = [str(HERE.parent / "matrix"), str(HERE.parent / "support")]

import archive  # noqa: E402 (found by the line above)

PASSWORD = "sealwax"
PACKAGES = ("systemd-sysv", "linux-image-cloud-amd64", "udev", "dbus", "login", "sudo")
APT = [
    'APT::Install-Recommends "false"',
    'Acquire::Languages "none"',
    'Acquire::Retries "3"',
    # A mirror may be a snapshot, and those grow old on purpose.
    'Acquire::Check-Valid-Until "false"',
]
FIRST = (
    f'echo root:{PASSWORD} | chroot "$1" chpasswd',
    'chroot "$1" useradd --create-home --shell /bin/bash tester',
    'echo "tester ALL=(ALL) NOPASSWD: ALL" >"$1/etc/sudoers.d/tester"',
)


def last(size):
    """The bind mount leaves out what is mounted below: /proc, /sys and /dev."""
    return (
        'cat "$1"/boot/vmlinuz-* >kernel',
        'cat "$1"/boot/initrd.img-* >initramfs',
        'mount --bind --make-private "$1" /mnt && '
        f"mke2fs -q -F -t ext4 -d /mnt disk {size}; umount /mnt",
    )


class Recipe(typing.NamedTuple):
    suite: str
    packages: tuple
    hooks: tuple

    def name(self):
        text = repr((self.suite, self.packages, APT, self.hooks))
        return f"{self.suite}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def arguments(self):
        source = f"deb [signed-by={archive.keyring()}] {archive.mirror()} {self.suite} main"
        return [
            *("--quiet", "--format=null", "--variant=minbase"),
            f"--include={','.join(self.packages)}",
            *(f"--aptopt={option}" for option in APT),
            *(f"--customize-hook={hook}" for hook in self.hooks),
            *(self.suite, "-", source),
        ]


# It would compile some hundred profiles of programs that are not here, at the first boot.
NO_PROFILES = 'chroot "$1" systemctl mask --quiet apparmor.service'
PLAIN = Recipe(
    "trixie", (*PACKAGES, "libelf1t64", "apparmor"), (*FIRST, NO_PROFILES, *last("2G"))
)
SERVER_PACKAGES = (
    *("postfix", "nginx-light", "postgresql", "redis-server", "mariadb-server", "apache2", "bind9"),
    *("bind9-dnsutils", "php-fpm", "openssh-server", "cron"),
)
SERVER_HOOK = (HERE / "servers-image.sh").read_text()


def with_servers(suite, elf_library):
    return Recipe(
        suite, (*PACKAGES, elf_library, *SERVER_PACKAGES), (*FIRST, SERVER_HOOK, *last("3G"))
    )


SERVERS = {
    "trixie": with_servers("trixie", "libelf1t64"),
    "bookworm": with_servers("bookworm", "libelf1"),
}


class Image(typing.NamedTuple):
    disk: pathlib.Path
    kernel: pathlib.Path
    initramfs: pathlib.Path


def make(folder, recipe):
    """In a folder that gets its name only when everything is in it."""
    draft = pathlib.Path(tempfile.mkdtemp(prefix="draft-", dir=folder.parent))
    try:
        archive.run("mmdebstrap", *recipe.arguments(), cwd=draft)
        draft.rename(folder)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise archive.Unreachable(error.stdout) from error


@contextlib.contextmanager
def alone(cache):
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image(cache, recipe=PLAIN):
    """Made once, and again where what it is made of has changed."""
    folder = cache / recipe.name()
    with alone(cache):
        if not folder.exists():
            make(folder, recipe)
    return Image(folder / "disk", folder / "kernel", folder / "initramfs")
