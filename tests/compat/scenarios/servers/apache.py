# SPDX-License-Identifier: Apache-2.0
"""apache with twenty modules, restarted gracefully twenty times, each time with another answer: by
the policy that holds, and with its modules pinned as exceptions.conf has it."""

import http.client
import os
import pathlib
import signal

import census
from box import Missing, find_program, free_port

PACKAGES = ["apache2-bin"]
PROGRAMS = ["apache2"]
RESTARTS = 20
MODULES = """
mpm_event authn_core authz_core authz_host alias autoindex deflate dir env expires ext_filter filter
headers include mime negotiation reqtimeout rewrite setenvif status
""".split()
EXPECTED = [
    line
    for policy in ("unpinned", "pinned")
    for line in (
        *(
            f"{policy}: generation {n} says {n}, without a module of: none"
            for n in range(RESTARTS + 1)
        ),
        f"{policy}: server status 0",
    )
] + [
    "unpinned: twenty restarts leave no more than the rule allows: True",
    "unpinned: the last ten leave nothing: True",
    "pinned: twenty restarts leave nothing: True",
    "pinned: all modules are sealed: True",
]
CONFIGURATION = """
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile pid
ErrorLog error.log
DefaultRuntimeDir "{folder}"
Mutex posixsem
{user}
DocumentRoot "{folder}/files"
StartServers 1
ServerLimit 2
MinSpareThreads 1
MaxSpareThreads 8
ThreadsPerChild 4
MaxRequestWorkers 8
{modules}
ExtendedStatus On
TypesConfig /dev/null
<Location "/status">
  SetHandler server-status
</Location>
RewriteEngine On
RewriteRule "^/generation$" "/plain.txt"
Header set Generation "{generation}"
"""


def folder_of_modules():
    folder = pathlib.Path("/usr/lib/apache2/modules")
    if not folder.is_dir():
        raise Missing("apache2")
    return folder


class Server:
    def __init__(self, box, name, **environment):
        self.box = box
        self.name = name
        self.port = free_port()
        self.modules = folder_of_modules()
        box.write("files/plain.txt", "plain\n")
        self.configure(0)
        self.process = box.start(
            find_program("apache2"),
            *("-d", str(box.folder), "-f", "apache.conf", "-D", "FOREGROUND"),
            **environment,
        )
        self.generation = 0
        box.wait_until(self.has_come)

    def configure(self, generation):
        loads = "\n".join(
            f'LoadModule {name}_module "{self.modules}/mod_{name}.so"' for name in MODULES
        )
        # Anybody but root stays who he is.
        user = "User nobody\nGroup nogroup" if os.getuid() == 0 else ""
        text = CONFIGURATION.format(
            folder=self.box.folder,
            port=self.port,
            modules=loads,
            generation=generation,
            user=user,
        )
        self.box.write("apache.conf", text)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.getheader("Generation"), answer.read().decode()
        finally:
            connection.close()

    def has_come(self):
        try:
            return f"ParentServerMPMGeneration: {self.generation}\n" in self.get("/status?auto")[1]
        except (ConnectionError, http.client.HTTPException):
            return False

    def restart(self):
        self.generation += 1
        self.configure(self.generation)
        self.process.send_signal(signal.SIGUSR1)
        self.box.wait_until(self.has_come)

    def look(self):
        said, body = self.get("/generation")
        text = census.text_of(self.process.pid, lambda path: "/mod_" in path)
        loaded = {pathlib.Path(path).stem.removeprefix("mod_") for path in text}
        missing = sorted(set(MODULES) - loaded) or ["none"]
        self.box.note(
            f"{self.name}: generation {self.generation} says {said}, without a module of:", *missing
        )
        if body != "plain\n":
            raise AssertionError(body)
        return census.take(self.process.pid), all(text.values())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        self.box.note(f"{self.name}: server status", self.process.returncode)


def restarts(box, name, **environment):
    """What is mapped after each restart, and whether all modules were sealed every time."""
    server = Server(box, name, **environment)
    box.remember_if_sealed(server.process.pid)
    counts, sealed = [], []
    for number in range(RESTARTS + 1):
        if number > 0:
            server.restart()
        count, all_sealed = server.look()
        counts.append(count)
        sealed.append(all_sealed)
    server.end()
    box.measure(f"{name}, first generation", counts[0])
    box.measure(f"{name}, {RESTARTS} restarts leave", counts[-1] - counts[0])
    box.measure(f"{name}, the last ten leave", counts[-1] - counts[-11])
    return counts, all(sealed)


def is_flat(count):
    # The heap grows a little.
    return count.mappings <= 2 and count.anonymous <= 512


def run(box):
    counts, _ = restarts(box, "unpinned")
    left = counts[-1] - counts[0]
    box.note(
        "unpinned: twenty restarts leave no more than the rule allows:",
        left.mappings <= census.left_by(box, len(MODULES)),
    )
    box.note("unpinned: the last ten leave nothing:", is_flat(counts[-1] - counts[-11]))
    pinned, all_sealed = restarts(box, "pinned", SEALWAX_POLICY=box.policy_with("apache"))
    box.note("pinned: twenty restarts leave nothing:", is_flat(pinned[-1] - pinned[0]))
    box.note("pinned: all modules are sealed:", all_sealed or not box.sealed)
