# SPDX-License-Identifier: Apache-2.0
"""OpenSSH's server with PAM: logins by password, each with a session whose limits and variables PAM sets."""

import os
import subprocess

from box import find_program, free_port
from own_system import System

PACKAGES = ["openssh-server", "libpam-modules"]
PROGRAMS = ["sshd"]
SESSIONS = 6
EXPECTED = [*(f"session {number}: waxer 321 of-pam-{number}, status {number}" for number in range(SESSIONS)),
            "wrong password: status 255, nothing said"]
PREPARATION = """
useradd --create-home --home-dir /var/waxer --shell /bin/sh waxer
echo waxer:wax | chpasswd
echo 'waxer hard nofile 321' >/etc/security/limits.d/waxer.conf
mkdir /run/sshd
cat >/etc/ssh/sshd_config <<'END'
Port {port}
ListenAddress 127.0.0.1
UsePAM yes
PasswordAuthentication yes
PrintMotd no
END
ssh-keygen -A >/dev/null
"""


class Client:
    """It is not what is tried here, so it runs outside."""

    def __init__(self, box, port):
        self.box = box
        self.port = port

    def log_in(self, password, command):
        asks = self.box.write("asks", f"#!/bin/sh\necho {password}\n")
        os.chmod(asks, 0o755)
        return subprocess.run(
            [find_program("ssh"), "-p", str(self.port), "-o", "StrictHostKeyChecking=no", "-o",
             "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "PubkeyAuthentication=no", "-o",
             "NumberOfPasswordPrompts=1", "waxer@127.0.0.1", command],
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.box.folder), "SSH_ASKPASS": asks,
                 "SSH_ASKPASS_REQUIRE": "force"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)


def run(box):
    port = free_port()
    system = System(box, PREPARATION.format(port=port))
    system.start(find_program("sshd"), "-D", "-e")
    client = Client(box, port)
    box.wait_until(lambda: "refused" not in client.log_in("wax", "true").stderr, seconds=60)
    for number in range(SESSIONS):
        system.file("/etc/environment").write_text(f"WAX=of-pam-{number}\n")
        done = client.log_in("wax", f"echo $(id -un) $(ulimit -Hn) $WAX; exit {number}")
        box.note(f"session {number}: {done.stdout.strip()}, status {done.returncode}")
        box.remember_if_sealed(*system.processes("sshd"))
    refused = client.log_in("wrong", "echo in")
    box.note(f"wrong password: status {refused.returncode},", refused.stdout or "nothing said")
