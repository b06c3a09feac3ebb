# SPDX-License-Identifier: Apache-2.0
"""A system in a folder for `sealwax doctor --root`, and what doctor says as a dictionary."""

import json
import os
import platform

from support import TestCase, sealwax

SHIM = os.environ["SEALWAX_LIBRARY"]
FOLDER = f"/usr/lib/{platform.machine()}-linux-gnu"
PLACE = f"{FOLDER}/libsealwax.so"
MACHINE = {"x86_64": "64-bit x86-64", "aarch64": "64-bit aarch64"}[platform.machine()]


def doctor_json(*arguments, **options):
    """The exit code, and (state, fact, remedy) by (group, check)."""
    outcome = sealwax("doctor", "--strict", "--json", *arguments, **options)
    document = json.loads(outcome.out)
    checks = {
        (check["group"], check["check"]): (check["state"], check["fact"], check["remedy"])
        for check in document["checks"]
    }
    return outcome.code, checks


class System(TestCase):
    """A system in a folder where all is as it should be, until a test changes it."""

    def setUp(self):
        super().setUp()
        self.copy(SHIM, "root" + PLACE, 0o644)
        self.copy("/bin/sh", "root/bin/sh")
        self.root = self.path("root")
        os.symlink("usr/lib", self.path("root/lib"))
        self.put("/lib/libc.so.6", "GNU C Library (Debian GLIBC 2.41-12) stable release version 2.41.\n")
        self.put("/etc/sealwax/policy.conf", "sealwax-policy 1\n[defaults]\nseal = +data\n")
        self.put("/etc/ld.so.preload", PLACE + "\n")
        self.put("/proc/cmdline", "quiet proc_mem.force_override=never\n")
        self.put("/proc/sys/kernel/yama/ptrace_scope", "1\n")

    def put(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path("root" + path)), exist_ok=True)
        return self.write("root" + path, text, mode)

    def remove(self, path):
        os.unlink(self.path("root" + path))

    def doctor(self, *arguments):
        return doctor_json("--root", self.root, *arguments)

    def find(self, group, check, *arguments):
        """A check that is the only one which is not as it should be."""
        code, checks = self.doctor(*arguments)
        bad = {key: value for key, value in checks.items() if value[0] in ("finding", "unknown")}
        self.assertEqual(list(bad), [(group, check)])
        state, fact, remedy = bad[group, check]
        self.assertEqual(code, {"finding": 1, "unknown": 2}[state])
        return fact, remedy

    def told(self, group, check, state="ok"):
        """What is said of a check where nothing is to be found."""
        code, checks = self.doctor()
        self.assertEqual(code, 0)
        self.assertEqual(checks[group, check][0], state)
        return checks[group, check][1]
