# SPDX-License-Identifier: Apache-2.0
"""A small Debian in a folder, and commands inside of it."""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent.resolve()
sys.path.insert(0, str(HERE.parent / "matrix"))

import archive  # noqa: E402 (found by the line above)

# In namespaces of the command's own, so that nothing of it is left, whatever becomes of the test. A
# root of its own and no chroot: `sealwax install` takes none, where mounts could reach outside.
ENTER = """
mount --rbind "$0" "$0" && cd "$0" && mount --rbind /dev dev && mount -t proc proc proc &&
mount -t tmpfs tmp tmp && pivot_root . mnt && umount -l /mnt &&
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
"""
APT_SETTINGS = """\
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
# A mirror may be a snapshot, and those grow old on purpose.
Acquire::Check-Valid-Until "false";
"""


def release():
    """The code name of this machine's Debian."""
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    raise archive.Unreachable("/etc/os-release names no Debian release")


class Root:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @classmethod
    def make(cls, folder, suite=None, packages=()):
        """By mmdebstrap, from the mirror of this machine's apt; of its release, unless one is named."""
        suite = suite or release()
        included = ",".join(["ca-certificates", "debian-archive-keyring", *packages])
        source = f"deb [signed-by={archive.keyring()}] {archive.mirror()} {suite} main"
        try:
            archive.run(
                *("mmdebstrap", "--quiet", "--variant=minbase", "--mode=root"),
                *('--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Retries "3"'),
                *(f"--include={included}", suite, folder, source),
            )
        except subprocess.CalledProcessError as error:
            raise archive.Unreachable(error.stdout) from error
        root = cls(folder)
        root.write("etc/apt/apt.conf.d/99test", APT_SETTINGS)
        # What Debian's own images do: a service that a package brings is not started here.
        root.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
        (root.folder / "usr/sbin/policy-rc.d").chmod(0o755)
        return root

    def copy(self, folder):
        archive.run("cp", "-a", self.folder, folder)
        return Root(folder)

    def write(self, path, text):
        (self.folder / path).write_text(text)

    def run_into(self, file, script):
        """Exit status of the shell script; what it says on both outputs goes into the file."""
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
             "sh", "-c", ENTER, self.folder, "sh", "-c", script],
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False,
        ).returncode

    def run(self, script):
        """Exit status, and what the shell script said on both outputs."""
        with tempfile.TemporaryFile("w+", errors="backslashreplace") as file:
            code = self.run_into(file, script)
            file.seek(0)
            return code, file.read()

    def must(self, script):
        """The output of a script that is to succeed."""
        code, output = self.run(script)
        if code != 0:
            raise AssertionError(f"{script}: exit {code}\n{output[-4000:]}")
        return output
