# SPDX-License-Identifier: Apache-2.0
"""README.md from the first line to type to the last, as it stands, on a system that is all this test's.

What follows a command there is a part of what it prints, but for numbers. A service manager and a journal
stand in for systemd's, which has to be the first process.
"""

import os
import re
import subprocess
import unittest

SOURCE = os.environ["SEALWAX_SOURCE"]
FIRST, LAST = "\n## Install\n", "\n## What is sealed\n"
# What ends with 1 on some systems, since it has found something to tell.
MAY_FIND = ("sealwax doctor", "sealwax learn", "echo go | sealwax learn", "sealwax report",
            "sealwax status", "sealwax systemd", "echo go | sealwax", "sealwax policy check")

UNIT = "[Service]\nExecStart=/bin/sleep 1000\n"
SYSTEMCTL = """#!/bin/sh
drop_in=/run/systemd/system/$2.d/99-sealwax-learn.conf
case $1 in
  show) echo Result=success ;;
  restart)
    [ ! -f /run/service ] || { kill $(cat /run/service); rm /run/service; }
    [ -f "$drop_in" ] || exit 0
    export $(sed -n 's/^Environment="\\?\\([^"]*\\)"\\?$/\\1/p' "$drop_in")
    sleep 1000 >/dev/null 2>&1 &
    echo $! >/run/service
    sleep 1 ;;
esac
"""
REPORT = ("sealwax-report 1 time={} pid=7 exe=/usr/bin/php event=would-refuse call=mprotect "
          "object=/usr/lib/x.so region=text caller=x.so+0x12 mode=audit count={}")
JOURNALCTL = f"""#!/bin/sh
case $* in
  *--unit*) ;;
  *--output=json*)
    echo '{{"MESSAGE":"{REPORT.format(1796025600, 1)}","_EXE":"/usr/bin/php"}}'
    echo '{{"MESSAGE":"{REPORT.format(1796112000, 3)}","_EXE":"/usr/bin/php"}}' ;;
esac
"""


def steps():
    """Each command, and the lines that are shown of what it prints."""
    with open(f"{SOURCE}/README.md", encoding="utf-8") as file:
        text = file.read()
    text = text[text.index(FIRST):text.index(LAST)]
    found = []
    for line in text.splitlines():
        if line.startswith("    $ "):
            found.append((line[6:], []))
        elif line.startswith("    ") and found and found[-1] is not None:
            found[-1][1].append(line.strip())
        elif found and found[-1] is not None:
            found.append(None)
    return [step for step in found if step is not None]


def shape(line):
    """Without what differs from run to run: numbers, and the room for them."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "N", line)).strip()


def put(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class FirstDay(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        put("/usr/local/bin/systemctl", SYSTEMCTL, 0o755)
        put("/usr/local/bin/journalctl", JOURNALCTL, 0o755)
        put("/run/log/journal/x/system.journal", "")
        put("/etc/systemd/system/nginx.service", UNIT)
        self.addCleanup(self.clean)

    @staticmethod
    def clean():
        for path in ("/etc/ld.so.preload", "/etc/sealwax/policy.conf", "/usr/local/bin/systemctl",
                     "/usr/local/bin/journalctl"):
            if os.path.exists(path):
                os.unlink(path)

    def run_all(self, commands):
        """In one shell, as one types them; what each prints, and its exit code."""
        script = "".join(
            f"{command}\necho \"@@ $?\"\n" + ("sleep 1\n" if command.endswith("&") else "")
            for command in commands
        )
        script += "kill %1\n"  # what was left in the background holds its output
        ran = subprocess.run(
            ["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, cwd=SOURCE,
            env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC",
                 "HOME": "/root"},
        )
        parts = re.split(r"^@@ (\d+)\n", ran.stdout, flags=re.MULTILINE)
        return list(zip(parts[0::2], map(int, parts[1::2])))

    def test_each_step(self):
        every = steps()
        self.assertGreater(len(every), 20)
        ran = self.run_all([command for command, _ in every])
        self.assertEqual(len(ran), len(every), ran[-1] if ran else None)
        for (command, shown), (printed, code) in zip(every, ran):
            with self.subTest(command):
                self.assertIn(code, (0, 1) if command.startswith(MAY_FIND) else (0,), printed)
                lines = [shape(line) for line in printed.splitlines()]
                for line in shown:
                    self.assertIn(shape(line), lines)
        for name in ("victim.conf", "report.html", "fleet.conf", "fleet.html"):
            self.assertTrue(os.path.getsize(f"{SOURCE}/{name}"))
        with open("/etc/sealwax/policy.conf", encoding="utf-8") as file:
            policy = file.read()
        self.assertIn("mode = enforce\n", policy)
        self.assertIn("[object /usr/lib/x.so]\nonly-in = /usr/bin/php\n", policy)
