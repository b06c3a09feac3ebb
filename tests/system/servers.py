#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real servers under `sealwax systemd`, on whole Debians: they work, and are closed to new code.

    servers.py --cache FOLDER --sealwax FILE --library FILE --rescue FILE --meddler FILE
               --gain-code FILE CASE

CASE is one of CASES.
"""

import pathlib
import sys

import guest
import image  # makes the modules of matrix/ and support/ known
import cases
import new_code
from cases import expect, split_at_markers
from payload import FILES, files_for_guest

HERE = pathlib.Path(__file__).parent.resolve()
SUPPORT = HERE.parent / "support"
GAIN_CODE = ("gain_code", "code_on_stack", "libexecutable_stack.so")
SERVERS = "postfix nginx php-fpm apache postgresql redis mariadb named".split()


def check_attacks(said):
    for user in ("tester", "root"):
        ways = new_code.table(said.__getitem__, user)
        tried = new_code.tried_ways(said[f"attack-{user}-bare"])
        for mode, is_open in ways.items():
            print(f"{user} {mode}: {len(is_open)} of {len(tried)} ways to new code")
        print(f"{user} bare: not to be had here: {sorted(set(tried) - set(ways['bare']))}")
        new_code.check(expect, user, ways, tried)


def check(said, not_sealed=()):
    wanted = [
        f"{name} is not sealed" if name in not_sealed else f"{name} ok" for name in SERVERS
    ]
    expect("default", said["default"], wanted)
    expect("closed", said["closed"], wanted)
    refused = "starts sessions, whose mounts the rest of the system would not see; --no-new-code is not for it"
    expect("sessions", said["sessions"], [
        f"sealwax: ssh.service {refused}", "ssh 2", f"sealwax: cron.service {refused}", "cron 2",
        "tester", "ran",
    ])
    check_attacks(said)


class Case:
    def __init__(self, options, scratch):
        self.cache = options.cache
        self.files = files_for_guest(options)
        self.files["servers.sh"] = HERE / "servers.sh"
        self.files["new_code.sh"] = SUPPORT / "new_code.sh"
        for name in GAIN_CODE:
            self.files[f"files/{name}"] = options.gain_code.parent / name
        self.scratch = scratch

    def run(self, base, script):
        machine = guest.Guest(base, self.scratch)
        return split_at_markers(machine.boot(script, self.files, memory=2048))


def trixie(case):
    """Debian 13: each server is sealed, fails closed, and runs no new code."""
    check(case.run(image.image(case.cache, image.SERVERS["trixie"]), "bash /run/servers.sh --require"))


def bookworm(case):
    """Debian 12 with a kernel that has mseal. Its systemd does not know that name, so that a unit
    with a list of calls is not sealed, which is said."""
    other = image.image(case.cache, image.SERVERS["trixie"])
    own = image.image(case.cache, image.SERVERS["bookworm"])
    base = own._replace(kernel=other.kernel, initramfs=other.initramfs)
    check(case.run(base, "bash /run/servers.sh"), not_sealed=("redis",))


OLD_KERNEL = r"""
. /run/prepare.sh
echo "=== started"; hush sealwax systemd --require plain
sed -i s/--wait=30/--wait=1/ /etc/systemd/system/plain.service.d/50-sealwax.conf
systemctl daemon-reload; hush systemctl start plain; state_of plain
journalctl -q --no-pager -b -o cat -u plain | grep '^sealwax: this'
"""


def old_kernel(case):
    """Debian 12 with its own kernel, which has no mseal: a unit that is to be sealed does not start."""
    said = case.run(image.image(case.cache, image.SERVERS["bookworm"]), OLD_KERNEL)
    expect("started", said["started"], [
        "plain failed",
        "sealwax: this kernel has no mseal(2), so that nothing is sealed; boot Linux 6.10 or later",
    ])


CASES = {"old-kernel": old_kernel, "trixie": trixie, "bookworm": bookworm}


if __name__ == "__main__":
    sys.exit(cases.main(__doc__, CASES, Case, (*FILES, "gain-code")))
