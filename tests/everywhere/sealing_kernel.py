# SPDX-License-Identifier: Apache-2.0
"""A kernel with CONFIG_MSEAL_SYSTEM_MAPPINGS, built from Debian's source with what a guest needs and
nothing else. It takes minutes, once: the bootable file is kept in the cache."""

import os
import re
import shutil

import archive

# On top of tinyconfig, which has no CONFIG_CHECKPOINT_RESTORE, and no CONFIG_SECCOMP either: where no
# process can have a filter, /proc/PID/status tells of none.
CONFIG = """\
CONFIG_64BIT=y
CONFIG_EXPERT=y
CONFIG_MSEAL_SYSTEM_MAPPINGS=y
CONFIG_BLK_DEV_INITRD=y
CONFIG_RD_GZIP=y
CONFIG_BINFMT_ELF=y
CONFIG_BINFMT_SCRIPT=y
CONFIG_DEVTMPFS=y
CONFIG_TTY=y
CONFIG_SERIAL_8250=y
CONFIG_SERIAL_8250_CONSOLE=y
CONFIG_PRINTK=y
CONFIG_PROC_FS=y
CONFIG_PROC_PAGE_MONITOR=y
CONFIG_SYSFS=y
CONFIG_TMPFS=y
CONFIG_SHMEM=y
CONFIG_MULTIUSER=y
CONFIG_FUTEX=y
CONFIG_EPOLL=y
CONFIG_SIGNALFD=y
CONFIG_EVENTFD=y
CONFIG_TIMERFD=y
CONFIG_POSIX_TIMERS=y
CONFIG_MEMFD_CREATE=y
CONFIG_MEMBARRIER=y
CONFIG_RSEQ=y
CONFIG_ADVISE_SYSCALLS=y
CONFIG_FILE_LOCKING=y
CONFIG_NET=y
CONFIG_UNIX=y
"""
NEEDED = ("CONFIG_MSEAL_SYSTEM_MAPPINGS=y", "CONFIG_64BIT=y", "CONFIG_BINFMT_ELF=y")


def newest_source(source):
    """The name of the release's package with the sources of its kernel."""
    with source.alone():
        source.update()
        names = source.apt("apt-cache", "pkgnames", "linux-source-").split()
    versions = [tuple(map(int, found.groups()))
                for name in names if (found := re.fullmatch(r"linux-source-(\d+)\.(\d+)", name))]
    if not versions:
        raise archive.Unreachable(f"{source.suite} has no sources of a kernel")
    return "linux-source-{}.{}".format(*max(versions))


def unpack_source(source, folder):
    package = source.package(newest_source(source))
    archive.unpack(package, folder)
    packed = next((folder / "usr/src").glob("linux-source-*.tar.xz"))
    archive.run("tar", "-xf", packed, "-C", folder)
    packed.unlink()
    return next(path for path in folder.glob("linux-source-*") if path.is_dir())


def configure(tree):
    archive.run("make", "-s", "-C", tree, "tinyconfig")
    with open(tree / ".config", "a", encoding="ascii") as file:
        file.write(CONFIG)
    archive.run("make", "-s", "-C", tree, "olddefconfig")
    made = (tree / ".config").read_text().splitlines()
    if missing := [line for line in NEEDED if line not in made]:
        raise AssertionError(f"the configuration has lost {missing}")


def build(source, cache):
    """The path of the bootable file."""
    kernel = cache / "kernel-that-seals-vdso"
    if not kernel.exists():
        folder = cache / "kernel-source"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        tree = unpack_source(source, folder)
        configure(tree)
        archive.run("make", "-s", "-C", tree, f"-j{len(os.sched_getaffinity(0))}", "bzImage")
        shutil.move(tree / "arch/x86/boot/bzImage", kernel)
        shutil.rmtree(folder)
    return kernel
