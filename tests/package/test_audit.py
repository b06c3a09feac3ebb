# SPDX-License-Identifier: Apache-2.0
"""The rules for auditd, loaded by auditctl and judged by what the kernel's log has then: what anybody but sealwax
writes to the list of preloaded libraries, and to the policies."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

from rights import SKIPPED, become_root

RULES = pathlib.Path(__file__).resolve().parents[2] / "scripts/packaging/audit/29-sealwax.rules"
ALONE = ["unshare", "--mount", "--propagation", "private"]

# An /etc and a /usr/lib of its own, in which `tee` stands for whoever writes. With no auditd the kernel prints
# its records. Each writer says the PID by which its record is known.
WRITE = rf"""
set -e
own=/mnt
trap 'auditctl -e 0; auditctl -D' EXIT
exec 3>&1 >/dev/null
mount -t tmpfs none "$own"
mkdir "$own/upper" "$own/work"
cp -a /etc "$own/etc"
mount --bind "$own/etc" /etc
mount -t overlay none -o "lowerdir=/usr/lib,upperdir=$own/upper,workdir=$own/work" /usr/lib
mkdir -p /etc/sealwax /usr/lib/sealwax
for name in sealwax sealwax-rescue; do cp /usr/bin/tee /usr/lib/sealwax/$name; done
touch /etc/ld.so.preload /etc/sealwax/policy.conf
auditctl -R "{RULES}"
auditctl -e 1
writes() {{ : | sh -c 'echo "$0 $1 $$" >&3; exec "$0" "$1"' "$@" >/dev/null; }}
writes /usr/lib/sealwax/sealwax /etc/ld.so.preload
writes /usr/lib/sealwax/sealwax-rescue /etc/ld.so.preload
# The kernel's log takes ten lines in five seconds (printk_ratelimit), and a record has six.
sleep 6
writes /usr/bin/tee /etc/ld.so.preload
sleep 6
writes /usr/bin/tee /etc/sealwax/policy.conf
"""


def said_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def hindrance():
    """Why no rules can be tried here: those of the machine stay as they are."""
    if not shutil.which("auditctl"):
        return "auditctl is not installed"
    if "enabled 0\n" not in said_by("auditctl", "-s") or said_by("auditctl", "-l") != "No rules\n":
        return "the kernel's audit is in use, or may not be changed from here"
    return None


class Rules(unittest.TestCase):
    def test_what_sealwax_writes_is_not_recorded_and_what_others_do_is(self):
        done = subprocess.run([*ALONE, "sh", "-c", WRITE], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        writers = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual(len(writers), 4)
        wanted = [("/usr/bin/tee", "/etc/ld.so.preload"), ("/usr/bin/tee", "/etc/sealwax/policy.conf")]
        for _ in range(50):  # a thread of the kernel's writes it down, a moment later
            recorded = self.recorded(writers)
            if recorded == wanted:
                break
            time.sleep(0.1)
        self.assertEqual(recorded, wanted)

    def recorded(self, writers):
        log = said_by("dmesg")
        return [(program, file) for program, file, pid in writers
                if re.search(rf'type=1300 .* pid={pid} .* exe="{program}" .*key="sealwax"', log)]


if __name__ == "__main__":
    if os.geteuid() != 0:
        become_root()
    if reason := hindrance():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
