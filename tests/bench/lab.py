# SPDX-License-Identifier: Apache-2.0
"""What the measurements are made with: a folder of small compiled things, and the stopwatch."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
DEFAULT_POLICY = HERE.parent.parent / "policies/default.conf"
COMPILER = ["gcc", "-O2", "-Wall", "-Wextra"]
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


class Lab:
    def __init__(self, library, tool, quick):
        self.quick = quick
        self.tool = os.path.abspath(tool)
        self.folder_handle = tempfile.TemporaryDirectory(prefix="sealwax-bench-")
        self.folder = pathlib.Path(self.folder_handle.name)
        self.folder.chmod(0o755)  # nginx's workers run as another user
        # Beside the empty library: each component of a path costs time to look up.
        self.library = str(self.folder / "libsealwax.so")
        shutil.copyfile(library, self.library)
        self.stopwatch = self.compile("stopwatch", [HERE / "stopwatch.c"])
        self.empty = self.compile_text("empty.so", "", "-shared", "-fPIC")
        self.bare = []
        self.empty_preload = [f"LD_PRELOAD={self.empty}"]
        self.shim = [f"LD_PRELOAD={self.library}"]
        # A policy file costs its reading, so what the place of RELRO costs is told by two of them.
        self.private = self.shim + [self.policy("private")]
        self.in_place = self.shim + [self.policy("in-place")]
        trust = "[defaults]\nseccomp = trust\n"
        self.trust = self.shim + [self.policy_text("trust", trust)]
        self.trust_in_place = self.shim + [
            self.policy_text("trust-in-place", f"{trust}relro = in-place\n")
        ]
        os.sync()  # until it is on disk, a file's page counts as dirty memory of whoever maps it

    def close(self):
        self.folder_handle.cleanup()

    def rounds(self, whole, quick=3):
        return quick if self.quick else whole

    def compile(self, name, sources, *options):
        target = self.folder / name
        subprocess.run([*COMPILER, "-o", target, *sources, *options], check=True)
        return str(target)

    def compile_text(self, name, text, *options):
        source = self.folder / f"{name}.c"
        source.write_text(text)
        return self.compile(name, [source], *options)

    def policy(self, place):
        return self.policy_text(place, f"[defaults]\nrelro = {place}\n")

    def policy_text(self, name, sections):
        path = self.folder / f"{name}.conf"
        path.write_text(f"sealwax-policy 1\n{sections}")
        return f"SEALWAX_POLICY={path}"

    def system_policy(self):
        """The installed default as the system's policy, in an /etc of this run's own; None where
        nobody may have one."""
        if os.geteuid() != 0:
            return None
        etc = self.folder / "etc"
        if not etc.exists():
            shutil.copytree("/etc", etc, symlinks=True)
            (etc / "sealwax").mkdir(exist_ok=True)
            (etc / "sealwax/policy.conf").unlink(missing_ok=True)
            shutil.copyfile(DEFAULT_POLICY, etc / "sealwax/default")
        return self.shim + ["@/etc/sealwax/default"]

    def time(self, rounds, environments, *command):
        """Microseconds of processor time, the child's and its parent's: a list of rounds, each with
        one figure for each environment."""
        words = [",".join(assignments) or "-" for assignments in environments]
        own_etc = []
        if any(word.startswith("@") for assignments in environments for word in assignments):
            mount = f'mount --bind {self.folder / "etc"} /etc && exec "$@"'
            own_etc = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh"]
        output = subprocess.run(
            [*own_etc, self.stopwatch, str(rounds), *words, "--", *command],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        return [[int(word) / 1000 for word in line.split()] for line in output.splitlines()]

    def environment(self, assignments):
        return dict(word.split("=", 1) for word in [f"PATH={PATH}", *assignments])


def loaded_objects(command, environment):
    """Every file that the loader maps for a program, by its own word."""
    traced = subprocess.run(
        command,
        env={**environment, "LD_TRACE_LOADED_OBJECTS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return re.findall(r"(/\S+) \(0x", traced)


def relro_bytes(path):
    listing = subprocess.run(
        ["readelf", "-lW", path], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found = re.search(r"GNU_RELRO\s+\S+ \S+ \S+ \S+ (0x[0-9a-f]+)", listing)
    return int(found.group(1), 16) if found else 0
