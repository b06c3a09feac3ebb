# SPDX-License-Identifier: Apache-2.0
"""sealwax run of static programs, which no loader starts and which are sealed from outside."""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time

from rights import main_as_root
from support import COMMANDS, LIBRARY, SEALWAX, TestCase, clean_environment, execute, program, run

# Programs that no loader starts, by what links them. musl's is there where musl is.
PROGRAMS = [name for name in ("open_itself_static", "open_itself_static_pie", "open_itself_musl")
            if os.path.exists(program(name))]
REFUSED = "Operation not permitted"


def status_of(pid, *options):
    outcome = execute(SEALWAX, "status", "--json", *options, str(pid))
    return json.loads(outcome.out)["processes"][0]


assert PROGRAMS, "none is built"


def is_sealed(pid):
    """All that the policy wants, as anybody is told."""
    return execute(SEALWAX, "status", str(pid)).code == 0


class Case(TestCase):
    def started(self, name, *options, command=(), **popen):
        return self.start(SEALWAX, "run", "--library", LIBRARY, *options, "--", *command,
                          program(name), stderr=subprocess.PIPE,
                          ready=f"ready {os.getpid()}\n", **popen)

    def opened(self, process):
        """What it could make writable of its own memory."""
        process.stdin.write("now\n")
        process.stdin.flush()
        lines = []
        while (line := process.stdout.readline()) not in ("done\n", ""):
            lines.append(line.strip())
        return lines

    def finish(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(), 3)
        with process.stderr:
            return process.stderr.read()


class Sealed(Case):
    def test_all_that_the_policy_wants(self):
        """And without the tool nothing: the attack would succeed."""
        for name in PROGRAMS:
            with self.subTest(program=name):
                process = self.started(name)
                self.assertTrue(is_sealed(process.pid))
                self.assertEqual(self.opened(process),
                                 [f"rodata: {REFUSED}", f"relro: {REFUSED}"])
                self.assertEqual(self.finish(process), "")
                bare = self.start(program(name), stderr=subprocess.PIPE,
                                  ready=f"ready {os.getpid()}\n")
                self.assertEqual(self.opened(bare), ["rodata: opened", "relro: opened"])
                self.finish(bare)

    def test_relro_in_memory_of_its_own(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                process = self.started(name)
                relro = status_of(process.pid)["regions"]["relro"]
                self.assertEqual(relro["mappings"], relro["sealed_mappings"])
                self.assertGreater(relro["sealed_bytes"], 0)
                self.finish(process)

    def test_policy_of_its_own(self):
        for text, wanted in (
            ("seal = rodata", [f"rodata: {REFUSED}", "relro: opened"]),
            ("seal = -rodata", ["rodata: opened", f"relro: {REFUSED}"]),
            ("mode = off", ["rodata: opened", "relro: opened"]),
            ("mode = audit", ["rodata: opened", "relro: opened"]),
            ("seal = all\ntext = private", [f"rodata: {REFUSED}", f"relro: {REFUSED}"]),
            ("relro = in-place", [f"rodata: {REFUSED}", f"relro: {REFUSED}"]),
        ):
            policy = self.write("policy", f"sealwax-policy 1\n[program open_itself*]\n{text}\n")
            for name in PROGRAMS:
                with self.subTest(program=name, policy=text):
                    process = self.started(name, "--policy", policy)
                    self.assertEqual(self.opened(process), wanted)
                    self.assertEqual(self.finish(process), "")

    def test_what_is_sealed_cannot_be_written(self):
        """musl's RELRO too, which nobody but the tool makes constant, and where it is not moved."""
        for place in ("private", "in-place"):
            policy = self.write("policy", f"sealwax-policy 1\n[defaults]\nrelro = {place}\n")
            for name in PROGRAMS:
                with self.subTest(program=name, relro=place):
                    process = self.started(name, "--policy", policy)
                    with open(f"/proc/{process.pid}/smaps", encoding="utf-8") as file:
                        mappings = re.findall(r"^[0-9a-f]+-[0-9a-f]+ (....) .*?^VmFlags:(.*?)$",
                                              file.read(), re.MULTILINE | re.DOTALL)
                    sealed = [permissions for permissions, flags in mappings if " sl" in flags]
                    self.assertGreater(len(sealed), 3)
                    self.assertFalse([words for words in sealed if "w" in words])
                    self.finish(process)

    def test_required(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                process = self.started(name, "--require")
                self.assertTrue(is_sealed(process.pid))
                self.assertEqual(self.finish(process), "")

    def test_nobody_stays_behind(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                process = self.started(name)
                with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
                    self.assertIn("TracerPid:\t0\n", file.read())
                with open(f"/proc/{process.pid}/task/{process.pid}/children",
                          encoding="utf-8") as file:
                    self.assertEqual(file.read(), "")
                self.finish(process)


class Followed(Case):
    """What a program that is followed executes."""

    def test_static_programs_of_a_shell(self):
        for shell in (["sh"], ["busybox", "sh"]):
            for name in PROGRAMS:
                with self.subTest(shell=shell, program=name):
                    script = 'echo now | "$0"; echo "status $?"'
                    answers = [f"rodata: {REFUSED}", f"relro: {REFUSED}", "done", "status 3"]
                    outcome = run(*shell, "-c", script, program(name), options=["--follow"])
                    self.assertEqual((outcome.code, outcome.out.splitlines()[1:], outcome.err),
                                     (0, answers, ""))

    def test_without_it_they_are_open(self):
        outcome = run("sh", "-c", 'echo now | "$0"', program(PROGRAMS[0]))
        self.assertEqual(outcome.out.splitlines()[1:], ["rodata: opened", "relro: opened", "done"])

    def test_shell_goes_about_its_work(self):
        script = ("(busybox echo a; busybox false || echo b) | busybox cat; busybox sleep 60 & "
                  "kill -STOP $!; kill -CONT $!; kill $!; wait $!; echo $?; exec busybox sh -c 'exit 9'")
        bare = execute("sh", "-c", script)
        self.assertEqual((bare.code, bare.out), (9, "a\nb\n143\n"))
        self.assertEqual(run("sh", "-c", script, options=["--follow"]), bare)

    def test_whoever_follows_goes_with_the_last(self):
        outcome = run("sh", "-c", "grep TracerPid /proc/self/status", options=["--follow"])
        tracer = int(outcome.out.split()[1])
        self.assertGreater(tracer, 0)
        for _ in range(200):
            if not os.path.exists(f"/proc/{tracer}"):
                break
            time.sleep(0.01)
        self.assertFalse(os.path.exists(f"/proc/{tracer}"))

    def test_required(self):
        path = program("keep_relro_writable")
        outcome = run("busybox", "sh", "-c", '"$0"; echo $?', path,
                      options=["--follow", "--require"])
        self.check(outcome, 0, "125\n",
                   f"sealwax: {path} is not sealed (relro); ended at its start (--require)\n")

    def test_refused(self):
        self.check(run("true", options=["--follow", "--require"]), 125,
                   err="sealwax: --require holds a dynamic PROGRAM by a tracer, and so does --follow; "
                       "leave one of the two away\n")
        outcome = execute("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          self.copy(COMMANDS, "bin/sealwax"), "run", "--follow", "--library",
                          self.copy(LIBRARY, "libsealwax.so"), "--", "true", cwd="/")
        self.check(outcome, 125, err="sealwax: --follow takes root: setuid programs lose their rights "
                                     "where somebody without that right traces them\n")


class Program(Case):
    def test_status_and_output_are_its_own(self):
        for arguments, code in ((["sh", "-c", "echo out; exit 7"], 7), (["false"], 1)):
            bare = execute("busybox", *arguments)
            self.assertEqual((bare.code, run("busybox", *arguments)), (code, bare))

    def test_processors_are_its_own(self):
        look = ["busybox", "grep", "Cpus_allowed_list", "/proc/self/status"]
        some = str(min(os.sched_getaffinity(0)))
        for command in ([], ["taskset", "-c", some]):
            bare = execute(*command, *look)
            self.assertEqual(bare.code, 0)
            for options in ([], ["--require"], ["--follow"]):
                outcome = execute(*command, SEALWAX, "run", "--library", LIBRARY, *options, "--", *look)
                self.assertEqual(outcome, bare)

    def test_death_by_a_signal_is_its_own(self):
        process = self.started(PROGRAMS[0])
        process.send_signal(signal.SIGSEGV)
        self.assertEqual(process.wait(), -signal.SIGSEGV)
        process.stderr.close()

    def test_first_process_of_a_container(self):
        outcome = execute("unshare", "--pid", "--fork", "--mount-proc", SEALWAX, "run", "--library",
                          LIBRARY, "--", "busybox", "sh", "-c", "echo $$; exit 4")
        self.check(outcome, 4, "1\n")

    def test_signals_at_its_start(self):
        """Whenever they come, they are the program's: here none ends it, and none stops it."""
        for turn in range(40):
            process = subprocess.Popen(
                [SEALWAX, "run", "--library", LIBRARY, "--", "busybox", "sh", "-c", "exit 5"],
                env=clean_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(turn * 0.0003)
            for number in (signal.SIGWINCH, signal.SIGSTOP, signal.SIGCONT, signal.SIGURG):
                process.send_signal(number)
            self.assertEqual((process.communicate()[1], process.returncode), (b"", 5))

    def test_signal_that_tells_of_its_start_sent_by_others(self):
        for _ in range(20):
            process = subprocess.Popen(
                [SEALWAX, "run", "--library", LIBRARY, "--", "busybox", "sh", "-c", "exit 5"],
                env=clean_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            while process.poll() is None:
                process.send_signal(signal.SIGURG)
            self.assertEqual((process.communicate()[1], process.returncode), (b"", 5))

    def test_long_paths(self):
        folder = os.path.join(self.folder, *["f" * 100] * 3)
        os.makedirs(folder)
        path = shutil.copy(program(PROGRAMS[0]), folder)
        found = {**clean_environment(), "PATH": f"{folder}:{os.environ['PATH']}"}
        for name, environment in ((path, None), (os.path.basename(path), found)):
            outcome = execute("sh", "-c", 'echo now | "$@"', "sh", SEALWAX, "run", "--library", LIBRARY,
                              "--", name, env=environment)
            self.assertEqual((outcome.code, outcome.out.splitlines()[1:], outcome.err),
                             (3, [f"rodata: {REFUSED}", f"relro: {REFUSED}", "done"], ""))

    def test_interpreter_of_a_script(self):
        script = self.write("script", "#!/bin/busybox sh\nexit 6\n", 0o755)
        self.check(run(script), 6)

    def test_program_without_relro(self):
        path = program("exit_seven")
        self.check(run(path), 7)
        self.check(run(path, options=["--require"]), 7)

    def test_program_packed_by_upx(self):
        """Whose file does not tell whether there is a loader in it; this one only bears the mark."""
        path = self.copy(program("exit_seven"), "packed")
        with open(path, "r+b") as file:
            header = file.read(64)
            headers, = struct.unpack_from("<Q", header, 32)
            size, count = struct.unpack_from("<HH", header, 54)
            file.seek(headers + size * count + 4)
            file.write(b"UPX!")
        self.check(run(path), 7,
                   err=f"sealwax: warning: {path} is packed by UPX, which hides whether a loader starts "
                       "it; where none does it runs unsealed (unpack it: upx -d; or sealwax seal, once "
                       "it runs)\n")
        self.check(run(path, options=["--require"]), 125,
                   err=f"sealwax: {path} is packed by UPX, which hides where it begins; unpack it (upx "
                       "-d); not running it (--require)\n")

    def test_program_that_may_not_be_read(self):
        path = self.copy(program(PROGRAMS[0]), "unreadable")
        os.chmod(path, 0o111)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   self.copy(COMMANDS, "bin/sealwax"), "run", "--library",
                   self.copy(LIBRARY, "libsealwax.so")]
        outcome = execute(*command, "--", path, cwd="/")
        self.assertEqual((outcome.code, outcome.err),
                         (3, f"sealwax: warning: {path} may not be read, which hides whether a loader "
                             "starts it; where none does it runs unsealed (let who starts it read it; or "
                             "sealwax seal by root, once it runs)\n"))
        self.check(execute(*command, "--require", "--", path, cwd="/"), 125,
                   err=f"sealwax: {path} is no ELF file that you may read, so that its memory cannot be "
                       "checked; not running it (--require)\n")

    def test_program_that_does_not_make_its_relro_constant(self):
        """It is told, or ended in front of its first call; the number is its PID."""
        path = program("keep_relro_writable")
        outcome = run(path)
        self.assertEqual((outcome.code, outcome.out), (8, "began\n"))
        self.assertRegex(outcome.err, r"^sealwax: warning: \d+ does not make its RELRO constant, which "
                                      r"stays open; .*\n$")
        self.check(run(path, options=["--require"]), 125,
                   err=f"sealwax: {path} is not sealed (relro); ended at its start (--require)\n")

    def test_namespace_without_its_own_proc(self):
        """There /proc/PID is somebody else."""
        path = program(PROGRAMS[0])
        why = (f"cannot trace {path} to seal it: /proc is missing, or is that of another PID "
               "namespace; mount it (mount -t proc proc /proc)")
        command = ["unshare", "--pid", "--fork", SEALWAX, "run", "--library", LIBRARY]
        outcome = execute(*command, "--", path)
        self.assertEqual((outcome.code, outcome.err),
                         (3, f"sealwax: warning: {why}; it runs unsealed\n"))
        self.check(execute(*command, "--require", "--", path), 125,
                   err=f"sealwax: {why}; not running it (--require)\n")

    def test_small_stack(self):
        """Larger than the tool needs until it is the program: whoever seals that has one of its own."""
        path = program(PROGRAMS[0])
        for size in (32, 64):
            script = f'ulimit -s {size}; echo now | "$@"'
            for options in ([], ["--require"]):
                outcome = execute("bash", "-c", script, "bash", SEALWAX, "run", "--library", LIBRARY,
                                  *options, "--", path)
                self.assertEqual((outcome.code, outcome.out.splitlines()[1:], outcome.err),
                                 (3, [f"rodata: {REFUSED}", f"relro: {REFUSED}", "done"], ""))

    def test_where_nobody_may_trace(self):
        path = PROGRAMS[0]
        command = [os.environ["SEALWAX_TEST_FILTER"], "ptrace=EPERM", "--", SEALWAX, "run",
                   "--library", LIBRARY]
        why = f"cannot trace {program(path)} to seal it: Operation not permitted"
        outcome = execute(*command, "--", program(path))
        self.assertEqual((outcome.code, outcome.err),
                         (3, f"sealwax: warning: {why}; it runs unsealed\n"))
        self.check(execute(*command, "--require", "--", program(path)), 125,
                   err=f"sealwax: {why}; not running it (--require)\n")

    def test_setuid_program(self):
        path = self.copy(program("open_itself_static"), "setuid")
        os.chown(path, 0, 0)
        os.chmod(path, 0o4755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   self.copy(COMMANDS, "bin/sealwax"), "run", "--library",
                   self.copy(LIBRARY, "libsealwax.so")]
        why = (f"{path} is setuid and is static, so that nothing can seal it as it starts")
        remedy = ("(link it dynamically, and /etc/ld.so.preload reaches it; 'sealwax seal' does once it "
                  "runs)")
        outcome = execute(*command, "--", path, cwd="/")
        self.assertEqual((outcome.code, outcome.err),
                         (3, f"sealwax: warning: {why}; it runs unsealed {remedy}\n"))
        outcome = execute(*command, "--require", "--", path, cwd="/")
        self.check(outcome, 125, err=f"sealwax: {why} {remedy}; not running it (--require)\n")


if __name__ == "__main__":
    main_as_root()
