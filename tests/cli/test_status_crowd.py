# SPDX-License-Identifier: Apache-2.0
"""sealwax status --all among 2,000 processes: all of them, in little memory and with few
descriptors."""

import collections
import json
import os
import subprocess
import sys

from rights import main_alone
from support import LIBRARY, SEALWAX, TestCase, clean_environment, execute

CROWD = 2000
MOST_MEMORY = 50_000_000
BESIDE_THE_CROWD = 3  # this one, sealwax, and the witness that started it

# The peak memory of a process is at least that of the one that made it: this one stays small.
WITNESS = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
if os.fork() == 0:
    os.execv(sys.argv[1], sys.argv[1:])
_, _, usage = os.wait4(-1, 0)
print(usage.ru_maxrss, file=sys.stderr)
"""


class Crowd(TestCase):
    @classmethod
    def setUpClass(cls):
        """Programs with libraries, sealed, of which each waits for the end of one pipe."""
        read, cls.end = os.pipe()
        cls.processes = [
            subprocess.Popen(
                ["cat"],
                stdin=read,
                stdout=subprocess.DEVNULL,
                env=clean_environment(LD_PRELOAD=LIBRARY),
            )
            for _ in range(CROWD)
        ]
        os.close(read)

    @classmethod
    def tearDownClass(cls):
        os.close(cls.end)
        for process in cls.processes:
            process.wait()

    def status(self, *arguments):
        """What it says, having used no more memory than it may."""
        outcome = execute(sys.executable, "-c", WITNESS, SEALWAX, "status", "--all", *arguments)
        self.assertLess(int(outcome.err.splitlines()[-1]) * 1024, MOST_MEMORY)
        return outcome.out

    def pids(self):
        return {process.pid for process in self.processes}

    def test_lines(self):
        for sort in ("pid", "open"):
            lines = self.status("--sort", sort).splitlines()
            first_words = {line.split()[0] for line in lines[1 : lines.index("")]}
            self.assertLessEqual(set(map(str, self.pids())), first_words)

    def test_json(self):
        for options in ([], ["--maps"], ["--maps", "--sort", "name"]):
            document = json.loads(self.status("--json", *options))
            found = {process["pid"]: process for process in document["processes"]}
            self.assertLessEqual(self.pids(), set(found))
            self.assertLessEqual(len(found), CROWD + BESIDE_THE_CROWD)
            counts = collections.Counter(found[pid]["ok"] for pid in self.pids())
            self.assertEqual(counts, {True: CROWD})

    def test_metrics(self):
        lines = self.status("--format", "prometheus").splitlines()
        cat = os.path.realpath("/bin/cat")
        own = [
            line
            for line in lines
            if line.startswith("sealwax_processes{")
            and f'program="{cat}",verdict="sealed"' in line
        ]
        self.assertEqual(len(own), 1)
        self.assertGreaterEqual(int(own[0].split()[-1]), CROWD)


if __name__ == "__main__":
    main_alone()
