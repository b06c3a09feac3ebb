# SPDX-License-Identifier: Apache-2.0
"""Static programs that are sealed as they start: they outlive whoever does it."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BUILT = os.environ["SEALWAX_TEST_PROGRAMS"]
NEVER = 0


def sealed_mappings(pid):
    return pathlib.Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").count(" sl")


def mappings_of(pid):
    """Begin, end, permissions, offset and name of each."""
    lines = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    words = [(line.split(maxsplit=5) + [""])[:6] for line in lines]
    return [(*(int(part, 16) for part in place.split("-")), permissions, int(offset, 16), name)
            for place, permissions, offset, _, _, name in words]


def code_of(pid):
    """What lies in the program's code, to the ends of its pages, and what its file has there."""
    program = pathlib.Path(f"/proc/{pid}/exe")
    own = [entry for entry in mappings_of(pid) if entry[4] == os.readlink(program) and "x" in entry[2]]
    with open(f"/proc/{pid}/mem", "rb") as memory:
        for begin, end, _, offset, _ in own:
            memory.seek(begin)
            yield memory.read(end - begin), program.read_bytes()[offset : offset + end - begin]


def without_room(program, copy):
    """Its code's segment ends where its last page does: what is there is said to be its own."""
    image = bytearray(pathlib.Path(program).read_bytes())
    table, size, count = (int.from_bytes(image[at : at + width], "little")
                          for at, width in ((0x20, 8), (0x36, 2), (0x38, 2)))
    for at in range(table, table + size * count, size):
        kind, flags = (int.from_bytes(image[at + skip : at + skip + 4], "little") for skip in (0, 4))
        if kind == 1 and flags & 1:
            end = int.from_bytes(image[at + 0x10 : at + 0x18], "little")  # its address
            length = int.from_bytes(image[at + 0x20 : at + 0x28], "little")
            whole = (end + length + 4095) // 4096 * 4096 - end
            image[at + 0x20 : at + 0x30] = whole.to_bytes(8, "little") * 2
    pathlib.Path(copy).write_bytes(image)
    os.chmod(copy, 0o755)


class Start(unittest.TestCase):
    def start(self, death, name):
        """How much of it was sealed; it works, where it may and by its own signal mask, in any case."""
        with subprocess.Popen([os.path.join(BUILT, "start"), str(death), os.path.join(BUILT, name), "argument"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            self.assertEqual(process.stdout.readline(), "1 argument 99999\n", f"death {death}")
            self.assertEqual(os.sched_getaffinity(process.pid), os.sched_getaffinity(0))
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            self.assertIn("SigBlk:\t0000000000000000\n", status)
            self.assertIn("SigPnd:\t0000000000000000\n", status)
            sealed = sealed_mappings(process.pid)
            process.stdin.close()
            self.assertEqual(process.wait(), 3, f"death {death}")
            self.assertEqual(process.stderr.read(), "")
        return sealed

    def started(self, program):
        """How much of it is sealed; its code is its file's, and it has no other."""
        words = [os.environ["SEALWAX"], "run", "--library", os.environ["SEALWAX_LIBRARY"], program,
                 "argument"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            self.assertEqual(process.stdout.readline(), "1 argument 99999\n")
            sealed = sealed_mappings(process.pid)
            code = list(code_of(process.pid))
            others = [name for _, _, permissions, _, name in mappings_of(process.pid)
                      if "x" in permissions and name != program]
            process.stdin.close()
            self.assertEqual(process.wait(), 3)
            self.assertEqual(process.stderr.read(), "")
        self.assertEqual(len(code), 1)
        self.assertEqual(code[0][0], code[0][1])
        self.assertEqual(sorted(set(others) - {"[vsyscall]"}), ["[vdso]"])
        return sealed

    def test_nothing_is_left_in_its_code(self):
        """Whether or not there is room in it for what is laid there meanwhile."""
        with tempfile.TemporaryDirectory() as folder:
            full = os.path.join(folder, "stay_full")
            without_room(os.path.join(BUILT, "stay_static"), full)
            sealed = [self.started(os.path.join(BUILT, name))
                      for name in ("stay_static", "stay_static_pie", "stay_joined", "stay_low", full)]
        self.assertGreater(sealed[0], 5)
        self.assertEqual(sealed[0], sealed[-1])
        self.assertEqual(sealed[0], sealed[3])

    def test_death_at_any_step_leaves_it_running(self):
        for name in ("stay_static", "stay_static_pie", "stay_joined"):
            with self.subTest(program=name):
                whole = self.start(NEVER, name)
                death, lived = 0, 0
                while lived < 5:  # what comes behind the last seal is a few steps
                    death += 1
                    lived = lived + 1 if self.start(death, name) == whole else 0
                self.assertGreater(death, 20)
                self.assertEqual(self.start(1, name), 0)

    def test_death_at_any_moment_of_what_sealwax_is(self):
        """Its helper lives in memory that was the program's own before it was executed."""
        killed = 0
        with tempfile.TemporaryDirectory() as folder:
            # A path by which its processes are known, and the tool where it finds it.
            for name, file in (("start", "SEALWAX"), ("cli", "SEALWAX_COMMANDS")):
                os.mkdir(os.path.join(folder, name))
                shutil.copy(os.environ[file], os.path.join(folder, name, "sealwax"))
            tool = os.path.join(folder, "start", "sealwax")
            for _ in range(200):
                words = [tool, "run", "--library", os.environ["SEALWAX_LIBRARY"],
                         os.path.join(BUILT, "stay_static"), "argument"]
                with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True) as process:
                    time.sleep(random.uniform(0, 0.0015))
                    killed += self.kill_helper(process.pid, tool)
                    self.assertEqual(process.stdout.readline(), "1 argument 99999\n")
                    process.stdin.close()
                    self.assertEqual(process.wait(), 3)
                    self.assertEqual(process.stderr.read(), "")
        self.assertGreater(killed, 0)

    def kill_helper(self, pid, tool):
        """Whether there was one: most often it is the second process behind."""
        for helper in range(pid + 1, pid + 5):
            try:
                if os.readlink(f"/proc/{helper}/exe") == tool:
                    os.kill(helper, signal.SIGKILL)
                    return True
            except OSError:
                continue
        return False


if __name__ == "__main__":
    unittest.main()
