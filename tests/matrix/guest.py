# SPDX-License-Identifier: Apache-2.0
"""A virtual machine that boots a kernel, runs one script, and is gone."""

import pathlib
import re
import shutil
import subprocess

import archive

# tcg everywhere: a nested /dev/kvm can be there and fail.
MACHINES = {
    "amd64": ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max"],
    # The mitigations that tcg cannot emulate.
    "ppc64el": ["qemu-system-ppc64", "-accel", "tcg", "-cpu", "power9", "-machine",
                "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken"],
    "loong64": ["qemu-system-loongarch64", "-machine", "virt", "-accel", "tcg", "-cpu", "max"],
    "riscv64": ["qemu-system-riscv64", "-machine", "virt", "-accel", "tcg"],
    "s390x": ["qemu-system-s390x", "-machine", "s390-ccw-virtio", "-accel", "tcg", "-cpu", "max"],
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-accel", "tcg", "-cpu", "max"],
}
CONSOLES = {"amd64": "ttyS0", "arm64": "ttyAMA0", "loong64": "ttyS0", "ppc64el": "hvc0",
            "riscv64": "ttyS0", "s390x": "ttysclp0"}
# The kernel for it looks for a keyboard's controller where the machine has nothing, and dies.
OPTIONS = {"loong64": "initcall_blacklist=i8042_init"}
TIMED_OUT = 124  # as timeout(1) ends
BEGIN, END = "GUEST SCRIPT BEGINS", "GUEST SCRIPT HAS ENDED"
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
printf '\\n{begin}\\n'
{script}
echo "{end}"
/bin/busybox {leave} -f
"""


def kernel_of(source, scratch, flavour=None):
    """The bootable file of a release's kernel: of its cloud kernel, unless a flavour is named."""
    folder = scratch / "kernel"
    folder.mkdir()
    archive.unpack(source.kernel(flavour or f"cloud-{source.architecture}"), folder)
    return next(path for path in sorted(folder.rglob("vmlinu[xz]*")) if path.is_file())


def root_with_busybox(source, scratch):
    root = archive.make_root(scratch / "root")
    archive.unpack(source.package("busybox-static"), root)
    return root


def add_program(root, path):
    """A program of this machine with every library that its loader names."""
    traced = archive.run(path, env={"LD_TRACE_LOADED_OBJECTS": "1"})
    for name in [path, *re.findall(r"(/\S+) \(0x", traced)]:
        target = root / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pathlib.Path(name).resolve(), target)


def pack(root, scratch):
    image = scratch / "initramfs"
    names = "\0".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with open(image, "wb") as output:
        subprocess.run(
            ["cpio", "--quiet", "-0", "-o", "-H", "newc", "-R", "0:0"],
            input=names.encode(),
            stdout=output,
            cwd=root,
            check=True,
        )
    return image


def boot(architecture, kernel, root, script, scratch, seconds=120, options="", leave="poweroff"):
    """What the script printed, line by line."""
    options += " " + OPTIONS.get(architecture, "")
    init = root / "init"
    init.write_text(INIT.format(begin=BEGIN, end=END, script=script, leave=leave))
    init.chmod(0o755)
    ended = subprocess.run(
        [
            *("timeout", str(seconds)),
            *MACHINES[architecture],
            *("-m", "1024", "-smp", "1", "-nic", "none", "-no-reboot", "-nographic"),
            *("-kernel", kernel, "-initrd", pack(root, scratch)),
            *("-append", f"console={CONSOLES[architecture]} quiet loglevel=1 panic=-1 {options}"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    console = ended.stdout.decode(errors="replace")
    lines = [line.strip("\r") for line in console.splitlines()]
    if BEGIN not in lines or END not in lines:
        why = f"in {seconds} seconds" if ended.returncode == TIMED_OUT else f"({ended.returncode})"
        raise AssertionError(f"the guest did not run its script to the end {why}:\n{console}")
    return lines[lines.index(BEGIN) + 1 : lines.index(END)]
