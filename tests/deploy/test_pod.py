# SPDX-License-Identifier: Apache-2.0
"""The pod of scripts/deploy, as far as it can be tried without a cluster: its parts in sandboxes of bubblewrap, the
application as the first process of its own."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml
from rights import main_as_root

SOURCE = pathlib.Path(os.environ["SEALWAX_SOURCE"])
LIBRARY = os.environ["SEALWAX_LIBRARY"]
FILTER = os.environ["SEALWAX_TEST_FILTER"]
POD = yaml.safe_load((SOURCE / "scripts/deploy/pod.yaml").read_text(encoding="utf-8"))["spec"]
APPLICATION, INIT = POD["containers"][0], POD["initContainers"][0]
# An image that has the library where Sealwax's recipe for Alpine puts it.
IMAGE = ["--ro-bind", "/usr/bin", "/usr/bin", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib64", "/lib64",
         "--symlink", "usr/lib", "/lib", "--ro-bind", "/usr/lib64", "/usr/lib64"]
FOLDERS = sorted(str(path) for path in pathlib.Path("/usr/lib").glob("*-linux-gnu"))


def image(*more):
    binds = [word for folder in FOLDERS for word in ("--ro-bind", folder, folder)]
    return ["bwrap", *IMAGE, *binds, "--proc", "/proc", "--dev", "/dev", *more]


class Pod(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sealwax-pod-")
        self.addCleanup(folder.cleanup)
        self.volume = folder.name

    def copy_library(self):
        """What the init container does; the library lies where its image has it."""
        place = INIT["volumeMounts"][0]["mountPath"]
        library = INIT["command"][-1].split()[1]
        subprocess.run(
            image("--ro-bind", LIBRARY, library, "--bind", self.volume, place, "--", *INIT["command"]), check=True
        )

    def start(self, *command):
        """The application, as PID 1; it says when it runs."""
        place = APPLICATION["volumeMounts"][0]["mountPath"]
        variables = [word for one in APPLICATION["env"] for word in ("--setenv", one["name"], one["value"])]
        process = subprocess.Popen(
            image("--unshare-pid", "--as-pid-1", *variables, "--ro-bind", self.volume, place,
                  "--ro-bind", FILTER, "/filter", "--", *command),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.communicate)
        self.assertEqual(process.stdout.readline(), "ready\n")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
        return children.split()[0]

    def probe(self, pid):
        """The exit code of the start-up probe, as the kubelet has it run beside the application."""
        variables = {one["name"]: one["value"] for one in APPLICATION["env"]}
        command = APPLICATION["startupProbe"]["exec"]["command"]
        return subprocess.run(
            ["nsenter", "-t", pid, "-m", "-p", "-r", "--", *command], env={**os.environ, **variables},
            stderr=subprocess.DEVNULL, check=False,
        ).returncode

    SHELL = ("/bin/sh", "-c", "echo ready; read line")

    def test_application_that_is_sealed_has_started(self):
        self.copy_library()
        self.assertEqual(os.listdir(self.volume), ["libsealwax.so"])
        self.assertEqual(self.probe(self.start(*self.SHELL)), 0)

    def test_application_without_the_library_has_not(self):
        self.assertEqual(self.probe(self.start(*self.SHELL)), 1)

    def test_application_under_a_filter_that_refuses_mseal_has_not(self):
        self.copy_library()
        self.assertEqual(self.probe(self.start("/filter", "mseal=EPERM", "--", *self.SHELL)), 1)

    def test_it_says_what_kubernetes_asks_for(self):
        """Names that are used are defined, and what is mounted is where the variable says."""
        volumes = {volume["name"] for volume in POD["volumes"]}
        for container in (INIT, APPLICATION):
            self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
        (mount,) = APPLICATION["volumeMounts"]
        variables = {one["name"]: one["value"] for one in APPLICATION["env"]}
        self.assertEqual(pathlib.Path(variables["LD_PRELOAD"]).parent, pathlib.Path(mount["mountPath"]))
        probe = APPLICATION["startupProbe"]
        self.assertGreaterEqual(probe["periodSeconds"] * probe["failureThreshold"], 30)


if __name__ == "__main__":
    main_as_root()
