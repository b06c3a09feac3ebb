# SPDX-License-Identifier: Apache-2.0
"""php-fpm: a script asked of its workers, and reloads, after each of which master and workers are
new programs in the same processes."""

import glob
import os
import signal

import census
import fastcgi
from box import Missing, children_of, find_program

PACKAGES = ["php-fpm"]
EXCEPTIONS = ["php-jit"]
TOLD = {"observe": ["php-fpm exec-gain"]}
PROGRAMS = ["php-fpm"]
RELOADS = 8
EXPECTED = [
    *(
        f"generation {number}: {number} 5050 e4d909c290d0fb1ca068ffaddf22cbd0"
        for number in range(RELOADS + 1)
    ),
    "reloads leave nothing: True",
    "server status 0",
]
CONFIGURATION = """
[global]
daemonize = no
error_log = {folder}/error.log
[wax]
listen = {folder}/socket
listen.mode = 0666
{user}
pm = static
pm.max_children = 2
clear_env = yes
env[GENERATION] = {generation}
"""
SCRIPT = """<?php
echo getenv("GENERATION"), " ", array_sum(range(1, 100)), " ",
  md5(preg_replace("/w(a)x/", "$1", "The quick brown fox jumps over the lazy dog.")), "\n";
"""


def find_server():
    found = sorted(glob.glob("/usr/sbin/php-fpm*"))
    if not found:
        raise Missing("php-fpm")
    return found[-1]


class Server:
    def __init__(self, box):
        self.box = box
        self.address = str(box.folder / "socket")
        self.script = box.write("script.php", SCRIPT)
        self.configure(0)
        self.process = box.start(
            *(find_server(), "--nodaemonize", "--fpm-config", str(box.folder / "fpm.conf")),
            *("-d", f"extension_dir={self.extensions()}", "-n"),
            *("-d", "extension=ctype", "-d", "extension=tokenizer"),
        )
        box.wait_until(self.answers)

    def extensions(self):
        found = glob.glob("/usr/lib/php/*/ctype.so")
        if not found:
            raise Missing("php's ctype.so")
        return os.path.dirname(sorted(found)[-1])

    def configure(self, generation):
        user = "user = nobody\ngroup = nogroup" if os.getuid() == 0 else ""
        text = CONFIGURATION.format(folder=self.box.folder, user=user, generation=generation)
        self.box.write("fpm.conf", text)

    def ask(self):
        """What the script answers; empty while a reload takes the workers away."""
        try:
            return fastcgi.ask(self.address, self.script).strip()
        except OSError:
            return ""

    def answers(self):
        return self.ask() != ""

    def reload(self, generation):
        old_workers = set(children_of(self.process.pid))
        self.configure(generation)
        self.process.send_signal(signal.SIGUSR2)

        def renewed():
            workers = set(children_of(self.process.pid))
            return len(workers) == 2 and not workers & old_workers and self.answers()

        self.box.wait_until(renewed)


def run(box):
    server = Server(box)
    counts = []
    for number in range(RELOADS + 1):
        if number > 0:
            server.reload(number)
        box.note(f"generation {number}:", server.ask())
        pid = server.process.pid
        box.remember_if_sealed(pid, *children_of(pid))
        counts.append(census.take(pid))
    box.measure("master, first generation", counts[0])
    box.measure("master, last generation", counts[-1])
    grown = counts[-1] - counts[0]
    # It takes the place of its parts anew each time: neighbours merge or do not.
    box.note("reloads leave nothing:", grown.mappings <= 8)
    server.process.send_signal(signal.SIGTERM)
    server.process.communicate(timeout=20)
    box.note("server status", server.process.returncode)
