# SPDX-License-Identifier: Apache-2.0
"""A system of a scenario's own, for what drops its environment: its /etc, /run and /var can be changed,
the shim is in its /etc/ld.so.preload and the policy in its /etc/sealwax, and no process outlives it."""

import os
import pathlib

from box import Missing, executable_of, find_program

# The last step, since what runs before it is not what is tried.
SET_UP = """
mount -t tmpfs -o mode=755 layers "$1"
for folder in etc var; do
  mkdir "$1/$folder" "$1/$folder/upper" "$1/$folder/work"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$1/$folder/upper,workdir=$1/$folder/work" layer "/$folder"
done
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /etc/sealwax
rm -f /etc/ld.so.preload /etc/sealwax/policy.conf
eval "$2"
if [ -n "$4" ]; then cp "$4" /etc/sealwax/policy.conf; fi
if [ -n "$3" ]; then echo "$3" >/etc/ld.so.preload; fi
echo ready
exec sleep infinity
"""


class System:
    def __init__(self, box, preparation=""):
        """`preparation` is for a shell that has not been preloaded yet."""
        if os.geteuid() != 0:
            raise Missing("the rights to have an /etc of its own")
        self.box = box
        self.environment = {"LD_PRELOAD": "", "SEALWAX_POLICY": ""}
        layers = box.folder / "layers"
        layers.mkdir()
        self.root = box.start(
            find_program("unshare"), "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
            find_program("sh"), "-ec", SET_UP, "sh", str(layers), preparation,
            box.environment.get("LD_PRELOAD", ""), box.environment.get("SEALWAX_POLICY", ""),
            **self.environment)
        if self.root.stdout.readline() != "ready\n":
            raise AssertionError(self.root.stderr.read())
        self.namespace = self.namespace_of(self.first_process())

    def first_process(self):
        task = pathlib.Path(f"/proc/{self.root.pid}/task/{self.root.pid}/children")
        return int(task.read_text().split()[0])

    @staticmethod
    def namespace_of(pid):
        try:
            return os.readlink(f"/proc/{pid}/ns/pid")
        except OSError:
            return None

    def entering(self, *command):
        return [find_program("nsenter"), "--mount", "--pid", "--target", str(self.first_process()),
                f"--wd={self.box.folder}", *command]

    def start(self, *command, **environment):
        return self.box.start(*self.entering(*command), **self.environment, **environment)

    def run(self, *command, input="", **environment):
        return self.box.run(*self.entering(*command), input=input, **self.environment, **environment)

    def processes(self, name):
        """All of the system's that run this program."""
        return [int(entry) for entry in os.listdir("/proc")
                if entry.isdigit() and self.namespace_of(entry) == self.namespace
                and executable_of(entry) == name]

    def file(self, path):
        """Where a file of the system's is to be seen from outside."""
        return pathlib.Path(f"/proc/{self.first_process()}/root{path}")
