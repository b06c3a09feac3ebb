# SPDX-License-Identifier: Apache-2.0
"""OpenSSH's server: a session that stays open and is spoken with, and others beside it that carry data."""

import hashlib
import os
import subprocess

from box import Missing, children_of, find_program, free_port

PACKAGES = ["openssh-server"]
PROGRAMS = ["sshd"]
LINES = 30
DATA = bytes(range(256)) * 8000
EXPECTED = [f"session: {LINES} lines came back", f"data: {hashlib.sha256(DATA).hexdigest()}",
            "session status 7", "processes left: 0"]
CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
"""
# Where the server wants a folder of its own, and its user's is not to be touched.
IN_OWN_RUN = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"'


class Server:
    def __init__(self, box):
        self.box = box
        self.port = free_port()
        for name in ("host", "user"):
            subprocess.run([find_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f",
                            box.folder / name], check=True)
        file = box.write("sshd.conf", CONFIGURATION.format(port=self.port, folder=box.folder))
        self.process = box.start(
            find_program("unshare"), "--mount", find_program("sh"), "-ec", IN_OWN_RUN, "sh",
            find_program("sshd"), "-D", "-e", "-f", file)
        box.wait_until(self.answers)

    def client(self, *command):
        return [find_program("ssh"), "-i", str(self.box.folder / "user"), "-p", str(self.port), "-o",
                "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
                "LogLevel=ERROR", "-o", "BatchMode=yes", "root@127.0.0.1", *command]

    def started(self, *command):
        """The client itself is not what is tried here."""
        return subprocess.Popen(self.client(*command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                env={"PATH": "/usr/bin:/bin", "HOME": str(self.box.folder)})

    def answers(self):
        session = self.started("true")
        session.communicate()
        return session.returncode == 0


def run(box):
    if os.geteuid() != 0:
        raise Missing("the rights to have a /run of its own")
    server = Server(box)
    session = server.started("cat; exit 7")
    came_back = 0
    for number in range(LINES):
        session.stdin.write(f"line {number}\n".encode())
        session.stdin.flush()
        came_back += session.stdout.readline() == f"line {number}\n".encode()
        box.remember_if_sealed(server.process.pid, *children_of(server.process.pid))
    box.note("session:", came_back, "lines came back")
    box.note("data:", hashlib.sha256(server.started("cat").communicate(DATA)[0]).hexdigest())
    session.stdin.close()
    session.wait(30)
    box.note("session status", session.returncode)
    box.wait_until(lambda: not children_of(server.process.pid))
    box.note("processes left:", len(children_of(server.process.pid)))
