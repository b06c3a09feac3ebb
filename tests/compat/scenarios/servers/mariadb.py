# SPDX-License-Identifier: Apache-2.0
"""MariaDB: a function whose library is replaced again and again between DROP and CREATE FUNCTION,
by another file under its name at first, then by writing into the file that is there."""

import os
import shutil
import signal

import census
from box import find_program

PACKAGES = ["mariadb-server-core"]
EXCEPTIONS = ["mariadb"]
PROGRAMS = ["mariadbd"]
NEW_FILES = 4
VERSIONS = 12
EXPECTED = [
    "installed: 0",
    *(
        f"version {number} answers {number * 1000 + 1} {number * 1000 + 2}"
        for number in range(1, VERSIONS + 1)
    ),
    "all versions leave no more than the rule allows: True",
    "the last three leave nothing: True",
    "server status 0",
]


class Server:
    def __init__(self, box):
        self.box = box
        as_root = os.getuid() == 0
        self.data, self.plugins = str(box.folder / "data"), box.folder / "plugins"
        for folder in self.data, self.plugins:
            os.mkdir(folder)
            if as_root:
                shutil.chown(folder, "nobody", "nogroup")
        self.address = f"{self.data}/socket"
        common = ["--no-defaults", f"--datadir={self.data}"]
        if as_root:
            common.append("--user=nobody")
        small = ["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M"]
        box.note("installed:", self.install(*common, *small))
        self.process = box.start(
            *(find_program("mariadbd"), *common, *small, f"--plugin-dir={self.plugins}"),
            *(f"--socket={self.address}", f"--pid-file={self.data}/pid", "--skip-networking"),
            *("--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"),
        )
        box.wait_until(lambda: self.ask("select 1") == "1", seconds=60)

    def install(self, *options):
        tool = find_program("mariadb-install-db")
        process = self.box.start(
            tool, *options, "--auth-root-authentication-method=normal", "--skip-test-db"
        )
        output, errors = process.communicate(timeout=120)
        if process.returncode != 0:
            self.box.failures.append(f"{tool}: {output}{errors}")
        return process.returncode

    def ask(self, query):
        client = [find_program("mariadb"), "--no-defaults", "-u", "root", "-S", self.address]
        process = self.box.start(*client, "-N", "-B", "-e", query)
        output, errors = process.communicate(timeout=60)
        return " ".join((output or errors).split())

    def replace(self, number, library):
        installed = self.plugins / "udf.so"
        if number <= NEW_FILES:
            shutil.copyfile(library, self.plugins / "new.so")
            os.rename(self.plugins / "new.so", installed)
        else:
            shutil.copyfile(library, installed)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        self.box.note("server status", self.process.returncode)


def run(box):
    server = Server(box)
    pid = server.process.pid
    box.remember_if_sealed(pid)
    counts = [census.take(pid)]
    for number in range(1, VERSIONS + 1):
        library = box.compile("version.so", "udf.c", "-shared", "-fPIC", f"-DVERSION={number}")
        server.replace(number, library)
        answer = server.ask(
            "create function wax returns integer soname 'udf.so';"
            "select wax() union all select wax(); drop function wax"
        )
        box.note(f"version {number} answers", answer)
        counts.append(census.take(pid))
    left, rest = counts[-1] - counts[0], counts[-1] - counts[-4]
    box.measure("before the first version", counts[0])
    box.measure("all versions leave", left)
    box.measure("the last three leave", rest)
    # Each new file is another library; the last of them is closed often enough to wait.
    allowed = census.left_by(box, NEW_FILES - 1, closings=1) + census.left_by(box, 1)
    box.note("all versions leave no more than the rule allows:", left.mappings <= allowed)
    box.note("the last three leave nothing:", rest.mappings <= 0)
    server.end()
