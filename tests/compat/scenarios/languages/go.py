# SPDX-License-Identifier: Apache-2.0
"""A web server in Go, static and with stacks of its own, asked by many at a time."""

import functools
import hashlib
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from box import SYSTEM_PATH, WORK, find_program, free_port

PROGRAMS = ["server"]
VISITORS = 6
QUESTIONS = 150
BODY = "0123456789" * 30000
EXPECTED = [f"answers: {VISITORS * QUESTIONS}, all right", "threads are alive: True", "server status 0"]


@functools.cache
def built_server():
    """Once for all runs: the compiler takes longer than they do."""
    folder = tempfile.TemporaryDirectory(prefix="sealwax-go-")
    environment = {"PATH": SYSTEM_PATH, "HOME": folder.name, "GOCACHE": f"{folder.name}/cache",
                   "GO111MODULE": "off", "CGO_ENABLED": "0"}
    subprocess.run([find_program("go"), "build", "-o", f"{folder.name}/server", WORK / "server.go"],
                   check=True, env=environment)
    return folder


def digest(path):
    """What the server has to say of it."""
    parts = [hashlib.sha256(f"{path} {i}\n".encode() * 200).hexdigest() for i in range(16)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest() + "\n"


class Visitor(threading.Thread):
    def __init__(self, port, number):
        super().__init__()
        self.port = port
        self.number = number
        self.wrong = []
        self.right = 0

    def ask(self, connection, path, wanted):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status == 200 and body == wanted:
            self.right += 1
        else:
            self.wrong.append(f"{path}: {answer.status}, {body[:100]}")

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        for i in range(QUESTIONS):
            path = f"/digest/{self.number}/{i}"
            if i % 3 == 0:
                self.ask(connection, "/files/body", BODY)
            else:
                self.ask(connection, path, digest(path))
        connection.close()


def threads_of(pid):
    return set(os.listdir(f"/proc/{pid}/task"))


def run(box):
    program = shutil.copy(pathlib.Path(built_server().name) / "server", box.folder)
    box.write("files/body", BODY)
    port = free_port()
    server = box.start(program, str(port))

    def answers():
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/digest/")
            return connection.getresponse().status == 200
        except ConnectionError:
            return False

    box.wait_until(answers)
    visitors = [Visitor(port, number) for number in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    time.sleep(0.1)
    before = threads_of(server.pid)
    box.remember_if_sealed(server.pid)
    alive = before <= threads_of(server.pid)  # Go ends none of those that it has begun
    for visitor in visitors:
        visitor.join()
    wrong = [line for visitor in visitors for line in visitor.wrong]
    right = sum(visitor.right for visitor in visitors)
    box.note(f"answers: {right},", wrong or "all right")
    box.note("threads are alive:", alive)
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=20)
    box.note("server status", server.returncode)
