# SPDX-License-Identifier: Apache-2.0
"""Packages of other Debian releases and architectures, taken from the mirror this machine uses."""

import contextlib
import fcntl
import pathlib
import re
import subprocess

KEYRINGS = ["debian-archive-keyring.gpg", "debian-archive-keyring.pgp"]


class Unreachable(Exception):
    """The mirror does not answer, or does not have what was asked for."""


class Failed(subprocess.CalledProcessError):
    """Says what the command wrote, too."""

    def __str__(self):
        return f"{super().__str__()}\n{self.stdout}"


def run(*command, **more):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more
    )
    if done.returncode != 0:
        raise Failed(done.returncode, command, done.stdout)
    return done.stdout


def mirror():
    """Where this machine takes Debian from: its own apt configuration knows."""
    targets = run(
        "apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"
    )
    for line in targets.splitlines():
        origin, label, address = line.split("|", 2)
        if origin == label == "Debian":
            return address
    raise Unreachable("apt's configuration names no Debian mirror (or apt-get update never ran)")


def keyring():
    for name in KEYRINGS:
        path = pathlib.Path("/usr/share/keyrings") / name
        if path.exists():
            return path
    raise Unreachable("debian-archive-keyring is not installed")


class Archive:
    """One release for one architecture, with an apt configuration of its own: the machine's is
    neither read (but for the mirror) nor changed, and root is not needed."""

    def __init__(self, cache, suite, architecture):
        self.folder = pathlib.Path(cache) / f"{suite}-{architecture}"
        self.suite = suite
        self.architecture = architecture
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()

    def options(self):
        settings = {
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::State::Status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            # A mirror may be a snapshot, and those grow old on purpose.
            "Acquire::Check-Valid-Until": "false",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    @contextlib.contextmanager
    def alone(self):
        """Tests run side by side, and apt's own lock does not wait."""
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def apt(self, tool, *arguments):
        try:
            return run(tool, "-q", *self.options(), *arguments, cwd=self.folder / "packages")
        except subprocess.CalledProcessError as error:
            raise Unreachable(error.stdout) from error

    def update(self):
        sources = self.folder / "sources.list"
        if not sources.exists():
            line = f"deb [signed-by={keyring()}] {mirror()} {self.suite} main\n"
            sources.write_text(line)
            try:
                self.apt("apt-get", "update")
            except Unreachable:
                sources.unlink()
                raise

    def package(self, name):
        """The path of its .deb, downloaded once."""
        with self.alone():
            here = sorted((self.folder / "packages").glob(f"{name}_*.deb"))
            if not here:
                self.update()
                self.apt("apt-get", "download", name)
                here = sorted((self.folder / "packages").glob(f"{name}_*.deb"))
            return here[0]

    def with_dependencies(self, *names):
        """The paths of the .debs of packages and of all that they need, downloaded once."""
        with self.alone():
            self.update()
            self.apt("apt-get", "-y", "--no-install-recommends", "--download-only", "install", *names)
        return sorted((self.folder / "cache/archives").glob("*.deb"))

    def kernel(self, flavour):
        """The kernel package that the release's kernel of this flavour stands for."""
        meta = f"linux-image-{flavour}"
        with self.alone():
            self.update()
            listing = self.apt("apt-cache", "depends", meta)
        names = [line.split()[1] for line in listing.splitlines() if " Depends: linux-image-" in line]
        image = self.package(names[0])
        # From Linux 7 on the bootable file is in a package of its own.
        needs = run("dpkg-deb", "-f", image, "Depends")
        binary = re.search(r"\blinux-binary-[^ ,]+", needs)
        return self.package(binary[0]) if binary else image


def unpack(package, root):
    """A root whose /lib is a link to /usr/lib stays so: tar would replace the link by a folder."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as source:
        run("tar", "-x", "--keep-directory-symlink", "-C", root, stdin=source.stdout)


def make_root(folder):
    for name in ("usr/lib", "usr/bin", "usr/sbin", "usr/lib64", "proc", "dev"):
        (folder / name).mkdir(parents=True)
    for name in ("lib", "bin", "sbin", "lib64"):
        (folder / name).symlink_to(f"usr/{name}")
    return folder
