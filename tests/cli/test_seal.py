# SPDX-License-Identifier: Apache-2.0
"""sealwax seal: what it does to processes that run, which take no notice, and whom it leaves alone."""

import json
import os
import re
import signal
import subprocess
import sys
import time

from rights import main_as_root
from support import COMMANDS, LIBRARY, SEALWAX, TestCase, execute, program, sealwax

REFUSED = "Operation not permitted"
PROGRAMS = [name for name in ("open_itself", "open_itself_static", "open_itself_static_pie",
                              "open_itself_musl")
            if os.path.exists(program(name))]
FILTER = os.environ["SEALWAX_TEST_FILTER"]
# Opens a library at each line of input, and closes it again.
LOADS = ("import ctypes, sys, _ctypes\nprint('ready', flush=True)\nfor line in sys.stdin:\n"
         "    _ctypes.dlclose(ctypes.CDLL(line.strip())._handle)\n    print('done', flush=True)\n")


def is_sealed(pid):
    """All that the policy wants, as anybody is told."""
    return execute(SEALWAX, "status", str(pid)).code == 0


class Case(TestCase):
    def started(self, name, *command, **options):
        return self.start(*command, program(name), ready=options.pop("ready", f"ready {os.getpid()}\n"),
                          **options)

    def asked(self, process, line="now"):
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        lines = []
        while (found := process.stdout.readline()) not in ("done\n", ""):
            lines.append(found.strip())
        return lines

    def finish(self, process, code=3):
        process.stdin.close()
        self.assertEqual(process.wait(), code)

    def sealed(self, process, *options):
        """What the tool says of it, without what differs from run to run."""
        outcome = sealwax("seal", *options, str(process.pid))
        return outcome._replace(out=re.sub(r"\d+ ranges of memory, [0-9.]+ \w+; (.*) [0-9.]+ ms",
                                           r"R; \1 T ms", outcome.out))


class Sealed(Case):
    def test_attacks_succeed_before_and_not_behind(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                process = self.started(name)
                path = program(name)
                self.check(self.sealed(process), 0,
                           f"{process.pid} {path}: sealed R; it was stopped for T ms\n")
                self.assertEqual(self.asked(process), [f"rodata: {REFUSED}", f"relro: {REFUSED}"])
                self.finish(process)
                bare = self.started(name)
                self.assertEqual(self.asked(bare), ["rodata: opened", "relro: opened"])
                self.finish(bare)

    def test_musl_that_does_not_wait_may_write_its_relro_still(self):
        """Nobody knows then whether its start lies behind it. This one reads zeros, and makes its
        constants writable, for ever."""
        with open("/dev/zero", encoding="utf-8") as source:
            process = subprocess.Popen([program("open_itself_musl")], stdin=source,
                                       stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        time.sleep(0.2)
        path = program("open_itself_musl")
        self.check(self.sealed(process), 1,
                   f"{process.pid} {path}: sealed R; it was stopped for T ms\n"
                   f"  open: rodata, relro of {path}: its RELRO is not constant\n")
        self.assertIsNone(process.poll())

    def test_nothing_is_left_behind(self):
        def held(process):
            places = []
            with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
                for line in file:
                    begin, end = (int(word, 16) for word in line.split()[0].split("-"))
                    if places and places[-1][1] == begin:
                        begin = places.pop()[0]
                    places.append((begin, end))
            return places, sorted(os.listdir(f"/proc/{process.pid}/fd"))

        for name in PROGRAMS:
            with self.subTest(program=name):
                process = self.started(name)
                before = held(process)
                self.assertEqual(self.sealed(process).code, 0)
                self.assertEqual(held(process), before)
                self.finish(process)

    def test_status_says_so(self):
        process = self.started("open_itself")
        self.assertFalse(is_sealed(process.pid))
        self.sealed(process)
        self.assertTrue(is_sealed(process.pid))
        self.finish(process)

    def test_twice(self):
        process = self.started("open_itself")
        self.sealed(process)
        self.check(self.sealed(process), 0,
                   f"{process.pid} {program('open_itself')}: nothing is left to seal\n")
        self.finish(process)

    def test_what_the_library_has_sealed(self):
        process = self.started("open_itself", SEALWAX, "run", "--library", LIBRARY, "--")
        self.check(self.sealed(process), 0,
                   f"{process.pid} {program('open_itself')}: nothing is left to seal\n")
        self.finish(process)

    def test_policy(self):
        for text, wanted in (
            ("seal = rodata", [f"rodata: {REFUSED}", "relro: opened"]),
            ("seal = -rodata", ["rodata: opened", f"relro: {REFUSED}"]),
            ("relro = in-place\nseal = relro", ["rodata: opened", f"relro: {REFUSED}"]),
            ("seal = all\ntext = private", [f"rodata: {REFUSED}", f"relro: {REFUSED}"]),
        ):
            policy = self.write("policy", f"sealwax-policy 1\n[program open_itself]\n{text}\n")
            with self.subTest(policy=text):
                process = self.started("open_itself")
                self.assertEqual(self.sealed(process, "--policy", policy).code, 0)
                self.assertEqual(self.asked(process), wanted)
                self.finish(process)

    def test_name_that_no_policy_has(self):
        outcome = sealwax("seal", "--policy", "no-such-policy", str(os.getpid()))
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("there is no policy 'no-such-policy'", outcome.err)

    def test_code_that_somebody_has_changed_stays_in_its_file(self):
        """As a breakpoint of the kernel's has; whoever removes that looks for it in the file's pages."""
        process = self.started("open_itself")
        path = program("open_itself")
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
            text = next(line for line in file if path in line and " r-xp " in line)
        begin = int(text.split("-")[0], 16)
        with open(f"/proc/{process.pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(begin + 0xff8)  # behind the code, on its last page
            memory.write(b"\xcc")
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\ntext = private\n")
        outcome = self.sealed(process, "--policy", policy)
        self.assertEqual(outcome.code, 1)
        self.assertEqual(outcome.err, f"sealwax: process {process.pid}: code of {path} is not what its "
                                      "file holds (a breakpoint, a relocation), and stays where it "
                                      "is\n")
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as file:
            self.assertIn(text, file.read())
        self.finish(process)

    def test_several(self):
        processes = [self.started(name) for name in PROGRAMS[:2]]
        outcome = sealwax("seal", "--json", *(str(process.pid) for process in processes))
        found = json.loads(outcome.out)
        self.assertEqual((outcome.code, found["schema"], found["ok"], found["errors"]),
                         (0, "sealwax-seal 1", True, []))
        self.assertEqual([(entry["pid"], entry["ok"]) for entry in found["processes"]],
                         [(process.pid, True) for process in processes])
        for process in processes:
            self.finish(process)

    def test_dry_run_does_nothing(self):
        process = self.started("open_itself")
        path = program("open_itself")
        self.check(self.sealed(process, "--dry-run"), 0,
                   f"{process.pid} {path}: would seal R; it would be stopped for about T ms\n")
        self.assertEqual(self.asked(process), ["rodata: opened", "relro: opened"])
        self.finish(process)

    def test_thread_in_a_library_call_goes_on(self):
        process = self.start(sys.executable, "-c",
                             "import time; print('ready', flush=True); time.sleep(2); print('done')",
                             ready="ready\n")
        begun = time.monotonic()
        self.assertEqual(self.sealed(process).code, 0)
        self.assertEqual(process.stdout.readline(), "done\n")
        self.assertGreater(time.monotonic() - begun, 1.5)
        self.finish(process, 0)


class Closable(Case):
    """A library that the program opened by itself."""

    def opened(self):
        script = "import ctypes; x = ctypes.CDLL({!r}); print('ready', flush=True); input()"
        return self.start(sys.executable, "-c", script.format(program("libidle.so")), ready="ready\n")

    def is_sealed(self, process):
        with open(f"/proc/{process.pid}/smaps", encoding="utf-8") as file:
            text = file.read()
        mapping = text[text.index("libidle.so"):]
        return " sl" in mapping[mapping.index("VmFlags:"):].split("\n")[0]

    def test_is_left_out_and_told(self):
        process = self.opened()
        outcome = self.sealed(process)
        self.assertIn(f"  open: text, rodata, relro of {program('libidle.so')}: it can be closed; "
                      "--closable seals it as well\n", outcome.out)
        self.assertEqual((outcome.code, outcome.err, self.is_sealed(process)), (0, "", False))
        process.stdin.write("\n")
        self.finish(process, 0)

    def test_is_sealed_where_that_is_asked_for(self):
        process = self.opened()
        outcome = self.sealed(process, "--closable")
        self.assertEqual((outcome.code, outcome.err, self.is_sealed(process)), (0, "", True))
        self.assertNotIn("open:", outcome.out)
        process.stdin.write("\n")
        self.finish(process, 0)

    def test_loading_goes_on_beside_it(self):
        process = self.start(sys.executable, "-c", LOADS, ready="ready\n")
        process.stdin.write(f"{program('libidle.so')}\n" * 3000)
        process.stdin.flush()
        outcome = self.sealed(process, "--closable")
        self.assertEqual(outcome.err, "")
        # What is loaded once it is sealed is told, and nothing else is open.
        left = [line for line in outcome.out.splitlines() if line.startswith("  open: ")]
        self.assertTrue(all("/libidle.so: " in line for line in left), outcome.out)
        self.assertEqual(outcome.code, 1 if left else 0)
        process.stdin.close()
        self.assertEqual(process.stdout.read(), "done\n" * 3000)
        self.assertEqual(process.wait(), 0)


class LeftAlone(Case):
    def check_left(self, process, why, *command):
        outcome = execute(*command, SEALWAX, "seal", str(process.pid))
        self.check(outcome, 2, err=f"sealwax: process {process.pid} ({program('open_itself')}) {why}\n")

    def state_of(self, process):
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
            return file.read().split()[2]

    def goes_on(self, process):
        self.assertEqual(self.asked(process), ["rodata: opened", "relro: opened"])
        self.finish(process)

    def test_stopped(self):
        process = self.started("open_itself")
        process.send_signal(signal.SIGSTOP)
        while self.state_of(process) != "T":
            time.sleep(0.01)
        self.check_left(process, "is stopped; let it go on first (kill -CONT)")
        process.send_signal(signal.SIGCONT)
        self.goes_on(process)

    def test_traced(self):
        # gdb and strace trace so; here the tool itself, which a signal holds up.
        process = self.start(SEALWAX, "learn", "--library", LIBRARY, "--", program("open_itself"))
        line = process.stdout.readline()
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as file:
            child = int(file.read())
        self.assertEqual(line, f"ready {process.pid}\n")
        outcome = sealwax("seal", str(child))
        self.check(outcome, 2, err=f"sealwax: process {child} ({program('open_itself')}) is traced "
                                   f"already, by process {process.pid}\n")
        process.stdin.close()
        process.wait()

    def test_whose_first_thread_waits_for_a_vfork(self):
        process = self.start(program("wait_for_vfork"), ready="ready\n")
        time.sleep(0.5)
        outcome = sealwax("seal", str(process.pid))
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn(" does not stop: a thread waits in the kernel for what cannot be interrupted "
                      "(a disk, the end of a vfork)\n", outcome.err)
        self.assertEqual(process.stdout.readline(), "gone on\n")

    def test_that_has_its_calls_handed_to_itself(self):
        process = self.start(program("dispatch_own_calls"), ready="ready\n")
        outcome = sealwax("seal", str(process.pid))
        self.check(outcome, 2, err=f"sealwax: process {process.pid} ({program('dispatch_own_calls')}) has "
                                   "its system calls handed to itself (prctl, "
                                   "PR_SET_SYSCALL_USER_DISPATCH), and would find others among them\n")
        process.stdin.write("now\n")
        self.finish(process)

    def test_that_of_another_user(self):
        process = self.started("open_itself")
        outcome = execute("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          self.copy(COMMANDS, "bin/sealwax"), "seal", str(process.pid), cwd="/")
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("it takes the right to trace the process", outcome.err)
        self.goes_on(process)

    def test_filter_that_kills_is_suspended_or_respected(self):
        """By root it is suspended, where the kernel can; nobody leaves such a process alone."""
        process = self.started("open_itself", FILTER, "mseal=kill", "--")
        outcome = self.sealed(process)
        if outcome.code == 0:
            self.assertEqual(self.asked(process), [f"rodata: {REFUSED}", f"relro: {REFUSED}"])
        else:
            self.assertIn("is under a seccomp filter", outcome.err)
            self.assertEqual(self.asked(process), ["rodata: opened", "relro: opened"])
        self.finish(process)

    def test_filter_without_rights(self):
        path = self.copy(program("open_itself"), "open_itself")
        process = self.start(
            self.copy(FILTER, "filter"), "mseal=kill", "--", path, user=65534, group=65534,
            extra_groups=[], cwd="/", ready=f"ready {os.getpid()}\n")
        outcome = execute("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          self.copy(COMMANDS, "bin/sealwax"), "seal", str(process.pid), cwd="/")
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("is under a seccomp filter, which cannot be suspended", outcome.err)
        self.goes_on(process)


class Usage(Case):
    def test_wrong_usage(self):
        hint = "; 'sealwax seal --help' tells how to use it\n"
        for arguments, message in (
            ([], "takes PIDs or --unit UNIT, one of the two"),
            (["1", "--unit", "x"], "takes PIDs or --unit UNIT, one of the two"),
            (["1x"], "'1x' is no PID"),
        ):
            self.check(sealwax("seal", *arguments), 64, err=f"sealwax: {message}{hint}")

    def test_program_by_its_name_or_its_folder(self):
        for word in ("sealme", self.path("sealme"), self.folder):
            with self.subTest(word):
                process = self.start(self.copy("/bin/sleep", "sealme"), "100")
                outcome = sealwax("seal", word)
                self.assertEqual((outcome.code, outcome.err), (0, ""), outcome)
                self.assertEqual(sealwax("status", "--quiet", str(process.pid)).code, 0)
                process.kill()
                process.wait()

    def test_no_such_program(self):
        self.check(sealwax("seal", "sealmee"), 2,
                   err="sealwax: no process runs 'sealmee'; 'sealwax status --all' lists what does\n")

    def test_no_such_process(self):
        outcome = sealwax("seal", "--json", "4194304")
        self.assertEqual((outcome.code, json.loads(outcome.out)["ok"]), (2, False))

    def test_namespace_without_its_own_proc(self):
        self.check(execute("unshare", "--pid", "--fork", SEALWAX, "seal", "1"), 2,
                   err="sealwax: /proc is missing, or is that of another PID namespace; mount it "
                       "(mount -t proc proc /proc)\n")

    def test_no_such_unit(self):
        self.check(sealwax("seal", "--unit", "no-such"), 2,
                   err="sealwax: no process of unit no-such runs; 'systemctl status no-such' tells "
                       "more\n")


if __name__ == "__main__":
    main_as_root()
