# SPDX-License-Identifier: Apache-2.0
"""A system of a test's own, whose first process is a real systemd: on a layer over this machine's disk, of
which nothing stays. It takes steps, each a shell's command, and powers itself off.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from rights import SKIPPED, become_root

BUILD, LIBRARY = os.environ["SEALWAX_BUILD"], os.environ["SEALWAX_LIBRARY"]
UNIT_STATE = pathlib.Path(__file__).parents[1] / "support/unit_state.sh"
AGAINST = os.path.join(BUILD, "tests/cli/against_seals")

# "$0" is where the system leaves what it has to say, "$1" an empty folder for its disk. The folder in the
# control groups is the caller's.
BOOT = r"""
set -e
mount -t tmpfs layer "$1"
mkdir -p "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" layer "$1/root"
cd "$1/root"
mount -t proc proc proc
# The kernel's settings are the machine's, and a first process raises some.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 groups sys/fs/cgroup
for folder in dev run tmp var/log/journal; do mkdir -p $folder && mount -t tmpfs $folder $folder; done
for name in null zero full random urandom; do touch dev/$name && mount --bind /dev/$name dev/$name; done
ln -s /proc/self/fd dev/fd && ln -s pts/ptmx dev/ptmx
mkdir -p dev/shm dev/pts said && mount -t tmpfs shm dev/shm && mount -t devpts devpts dev/pts
mount --bind "$0" said
install -m 755 "$SEALWAX" usr/bin/sealwax
install -m 644 "$LIBRARY" "usr/lib/$MULTIARCH/libsealwax.so"
install -m 755 "$AGAINST" usr/bin/against_seals
rm -rf etc/systemd/system/*.wants etc/sealwax
cp "$0"/units/* etc/systemd/system
ln -sf first.target etc/systemd/system/default.target
pivot_root . mnt
umount -l /mnt
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
"""

PROBE = """[Unit]
{wants}
[Service]
Type=oneshot
ExecStart=/bin/sh /said/probe
"""
TARGET = """[Unit]
Requires=systemd-journald.service
Wants=probe.service
"""


def groups():
    """Where the control groups of version 2 are; None: nowhere."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        found = [line.split()[1] for line in file if line.split()[2] == "cgroup2"]
    return next((path for path in found if os.access(path, os.W_OK)), None)


def enter(group):
    with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as file:
        file.write("0")


def take_away(group):
    """With those that the system has made in it, whose processes are gone."""
    for folder, _, _ in os.walk(group, topdown=False):
        os.rmdir(folder)


class Booted(unittest.TestCase):
    """Each step's exit code and output are there once all are done."""

    maxDiff = None
    UNITS = {}  # their texts, by name
    BEFORE = ""  # the service that runs before the first step
    STEPS = {}  # commands, by name
    FILES = {}  # what else is in /said, by name
    PROGRAMS = {}  # paths of programs that are to be there, by name

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sealwax-service-")
        cls.layer = tempfile.mkdtemp(prefix="sealwax-layer-")
        cls.addClassCleanup(os.rmdir, cls.layer)
        cls.settings_before = cls.settings()
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", cls.folder], check=True)
        os.mkdir(os.path.join(cls.folder, "units"))
        wants = f"Wants={cls.BEFORE}\nAfter={cls.BEFORE}" if cls.BEFORE else ""
        units = {**cls.UNITS, "probe.service": PROBE.format(wants=wants), "first.target": TARGET}
        steps = "".join(f"({command}) >/said/{name} 2>&1; echo $? >/said/{name}.code\n"
                        for name, command in cls.STEPS.items())
        files = {**cls.FILES, "probe": UNIT_STATE.read_text() + steps + "systemctl --no-block poweroff\n",
                 **{f"units/{name}": text for name, text in units.items()}}
        for name, text in files.items():
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        for name, path in cls.PROGRAMS.items():
            shutil.copy(path, os.path.join(cls.folder, name))
        cls.boot()

    @classmethod
    def boot(cls):
        group = os.path.join(groups(), f"sealwax-test-{os.getpid()}")
        os.mkdir(group)
        cls.addClassCleanup(take_away, group)
        environment = {**os.environ, "LIBRARY": LIBRARY, "AGAINST": AGAINST,
                       "MULTIARCH": os.environ["SEALWAX_MULTIARCH"]}
        subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--ipc", "--uts",
             "--propagation", "private", "sh", "-c", BOOT, cls.folder, cls.layer],
            preexec_fn=lambda: enter(group), env=environment, check=False, timeout=240, stdin=subprocess.DEVNULL,
        )

    @staticmethod
    def settings():
        """Of the kernel, those that systemd raises when it boots a machine."""
        names = "fs/file-max", "fs/nr_open", "net/unix/max_dgram_qlen"
        return [pathlib.Path("/proc/sys", name).read_text() for name in names]

    def said(self, name):
        """Its exit code, and what it printed."""
        texts = []
        for path in name + ".code", name:
            with open(os.path.join(self.folder, path), encoding="utf-8") as file:
                texts.append(file.read())
        return int(texts[0]), texts[1]


def main():
    if os.geteuid() != 0:
        become_root()
    if groups() is None:
        print("skipped: needs control groups of version 2 that may be made")
        sys.exit(SKIPPED)
    unittest.main()
