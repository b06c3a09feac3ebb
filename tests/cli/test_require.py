# SPDX-License-Identifier: Apache-2.0
"""sealwax run --require: what is let go, what is ended, and that nothing is left behind."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support import LIBRARY, SEALWAX, Outcome, TestCase, clean_environment, execute, program, run

REQUIRE = ["--require"]


def required(*command, **options):
    return run(*command, options=REQUIRE, **options)


def behind_the_shim(what):
    """An environment in which before_main.c acts, in a constructor after the shim's."""
    return clean_environment(LD_PRELOAD=program("libbefore_main.so"), BEFORE_MAIN=what)


def status_field(pid, name):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(line.split()[1] for line in file if line.startswith(name + ":"))


def execute_traced(*command):
    """Runs a command to its end as the tracee of this process, as a debugger does."""
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    trace_me, go_on = 0, 7
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        text=True,
        preexec_fn=lambda: ptrace(trace_me, 0, None, None),
    ) as process:
        while True:
            _, status = os.waitpid(process.pid, 0)
            if not os.WIFSTOPPED(status):
                break
            stop = os.WSTOPSIG(status)
            ptrace(go_on, process.pid, None, 0 if stop == signal.SIGTRAP else stop)
        out, err = process.communicate()
        return Outcome(os.waitstatus_to_exitcode(status), out, err)


class LetGo(TestCase):
    def test_sealed_program(self):
        self.check(required(program("greet")), 3, "hello\n")

    def test_program_is_as_if_never_held(self):
        """No tracer, no child, no breakpoint left in the code, nothing blocked, the same PID."""
        script = self.write(
            "look.py",
            "import os, struct\n"
            "auxv = open('/proc/self/auxv', 'rb').read()\n"
            "entry = dict(struct.iter_unpack('QQ', auxv))[9]\n"
            "with open('/proc/self/mem', 'rb') as memory:\n"
            "    memory.seek(entry)\n"
            "    live = memory.read(4)\n"
            "line = next(l for l in open('/proc/self/maps')\n"
            "            if int(l.split('-')[0], 16) <= entry < int(l.split('-')[1].split()[0], 16))\n"
            "with open(line.split()[5], 'rb') as file:\n"
            "    file.seek(entry - int(line.split('-')[0], 16) + int(line.split()[2], 16))\n"
            "    print(live == file.read(4))\n"
            "status = dict(l.split(':\\t', 1) for l in open('/proc/self/status') if ':\\t' in l)\n"
            "print(status['TracerPid'].strip(), status['SigBlk'].strip())\n"
            "print(os.getpid(), open('/proc/self/task/%d/children' % os.getpid()).read())\n",
        )
        process = subprocess.Popen(
            [SEALWAX, "run", "--library", LIBRARY, *REQUIRE, "--", sys.executable, script],
            stdout=subprocess.PIPE,
            env=clean_environment(),
            text=True,
        )
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(out, f"True\n0 0000000000000000\n{process.pid} \n")

    def test_script(self):
        script = self.write("script", "#!/bin/sh\necho script; exit 6\n", 0o755)
        self.check(required(script), 6, "script\n")

    def test_death_by_signal(self):
        self.check(required("sh", "-c", "kill -SEGV $$"), -signal.SIGSEGV)

    def test_loader_that_fails_by_itself(self):
        self.write("libc.so.6", "no library")
        outcome = required(program("greet"), env=clean_environment(LD_LIBRARY_PATH=self.folder))
        self.assertEqual((outcome.code, outcome.out), (127, ""))
        self.assertRegex(outcome.err, "^[^\n]*libc.so.6: file too short\n$")

    def under(self, default, program_file):
        policy = self.write("policy", f"sealwax-policy 1\n[defaults]\n{default}\n")
        return required(program_file, env=clean_environment(SEALWAX_POLICY=policy))

    def test_relro_that_is_to_stay_in_place(self):
        self.check(self.under("relro = in-place", program("greet")), 3, "hello\n")

    def test_environment_of_a_megabyte(self):
        large = {f"VARIABLE_{i}": "x" * 90 for i in range(10000)}
        self.check(required(program("greet"), env=clean_environment(**large)), 3, "hello\n")

    def test_entry_point_that_the_program_asks_for(self):
        """getauxval(3) looks at the stack; /proc/self/auxv is the kernel's own copy."""
        script = self.write(
            "entry.py",
            "import ctypes, struct\n"
            "ask = ctypes.CDLL(None).getauxval\n"
            "ask.restype = ctypes.c_ulong\n"
            "kernel = dict(struct.iter_unpack('QQ', open('/proc/self/auxv', 'rb').read()))\n"
            "print(ask(9) == kernel[9])\n",
        )
        self.check(required(sys.executable, script), 0, "True\n")

    def test_text_that_is_to_be_private(self):
        """What holds the program changes none of its bytes, or the library would leave it in place."""
        self.check(self.under("text = private", program("greet")), 3, "hello\n")

    def test_program_in_shared_memory(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            greet = shutil.copy(program("greet"), folder)
            self.check(required(greet), 3, "hello\n")


class Ended(TestCase):
    def test_relro_that_had_to_stay_in_place(self):
        """madvise() puts the bytes of its file back, sealed or not."""
        greet = program("greet")
        self.check(
            execute(
                os.environ["SEALWAX_TEST_FILTER"], "mremap=EPERM", "--",
                SEALWAX, "run", "--library", LIBRARY, *REQUIRE, "--", greet,
                env=clean_environment(SEALWAX_POLICY=self.quiet()),
            ),
            125,
            err=f"sealwax: {greet} is sealed, but its contents can be changed still (relro); ended "
            "before its first instruction (--require)\n",
        )

    def quiet(self):
        return self.write(
            "quiet", "sealwax-policy 1\n[defaults]\ntext = in-place\nreport-to = none\n"
        )

    def test_policy_that_has_libraries_sealed_and_the_program_watched(self):
        policy = self.write(
            "policy",
            "sealwax-policy 1\n[defaults]\nmode = audit\n[object libc.so*]\nmode = enforce\n",
        )
        greet = program("greet")
        self.check(
            required(greet, env=clean_environment(SEALWAX_POLICY=policy)),
            125,
            err=f"sealwax: {greet} has a policy that wants nothing sealed; ended before its first "
            "instruction (--require)\n",
        )

    def test_library_that_seals_nothing(self):
        greet = program("greet")
        self.check(
            required(greet, library=program("libidle.so")),
            125,
            err=f"sealwax: {greet} is not sealed (text, rodata, relro, vdso); ended before its "
            "first instruction (--require)\n",
        )

    def test_library_that_the_loader_ignores(self):
        library = self.path("wax.so")
        with open(LIBRARY, "rb") as file:
            image = bytearray(file.read())
        image[7] = 0x55  # EI_OSABI: of a system that does not exist
        with open(library, "wb") as file:
            file.write(image)
        greet = program("greet")
        outcome = required(greet, library=library)
        self.assertEqual((outcome.code, outcome.out), (125, ""))
        self.assertEqual(
            outcome.err.splitlines()[-1],
            f"sealwax: {greet} did not load the library and is not sealed (text, rodata, relro, "
            "vdso); ended before its first instruction (--require)",
        )


class Refused(TestCase):
    def refused(self, outcome, message):
        self.check(outcome, 125, err=f"sealwax: {message}; not running it (--require)\n")

    def test_loader_by_hand(self):
        loader = os.environ["SEALWAX_TEST_LOADER"]
        self.refused(
            required(loader, program("greet")),
            f"{loader} is a loader, and what it loads cannot be held at its entry point; "
            "name that program instead",
        )

    def test_kernel_without_mseal(self):
        self.refused(
            execute(
                os.environ["SEALWAX_TEST_FILTER"], "mseal=ENOSYS", "--",
                SEALWAX, "run", "--library", LIBRARY, *REQUIRE, "--", program("greet"),
            ),
            "this kernel has no mseal(2) (Linux 6.10 and later have it)",
        )

    def test_no_leave_to_trace(self):
        greet = program("greet")
        self.refused(
            execute_traced(SEALWAX, "run", "--library", LIBRARY, *REQUIRE, "--", greet),
            f"cannot trace {greet} to check it: Operation not permitted",
        )

    def test_policy_that_wants_nothing(self):
        greet = program("greet")
        for mode in ("off", "audit"):
            policy = self.write("policy", f"sealwax-policy 1\n[defaults]\nmode = {mode}\n")
            self.check(
                required(greet, env=clean_environment(SEALWAX_POLICY=policy)),
                125,
                err=f"sealwax: the policy {policy} wants nothing sealed in {greet}, and --require "
                "would let it run open; change one of the two\n",
            )

    def test_policy_that_wants_an_empty_list(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nseal = none\n")
        greet = program("greet")
        self.check(
            required(greet, env=clean_environment(SEALWAX_POLICY=policy)),
            125,
            err=f"sealwax: the policy {policy} wants nothing sealed in {greet}, and --require would "
            "let it run open; change one of the two\n",
        )


class Meanwhile(TestCase):
    """What happens to the program while it is held back happens to it all the same."""

    def test_signal_with_a_handler(self):
        self.check(required(program("greet"), env=behind_the_shim("usr1")), 3, "signal 1\nhello\n")

    def test_trap(self):
        self.check(required(program("greet"), env=behind_the_shim("trap")), 3, "signal T\nhello\n")

    def test_fault_that_a_library_makes_and_catches(self):
        self.check(required(program("greet"), env=behind_the_shim("fault")), 3, "caught\nhello\n")

    def test_signal_that_kills(self):
        self.check(required(program("greet"), env=behind_the_shim("term")), -signal.SIGTERM)

    def test_signal_mask(self):
        """SIGSEGV, which it is held by, was blocked from outside, SIGUSR2 in between."""
        self.check(
            required(
                "grep", "SigBlk", "/proc/self/status",
                env=behind_the_shim("block-usr2"),
                preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGSEGV]),
            ),
            0,
            "SigBlk:\t0000000000000c00\n",
        )

    def test_another_exec_before_the_entry_point(self):
        self.check(
            required(program("greet"), env=behind_the_shim("exec")), 4, "restarted\n"
        )

    def test_job_control(self):
        process = self.start_held("stop")
        pid, status = os.waitpid(process.pid, os.WUNTRACED)
        self.assertEqual((pid, os.WIFSTOPPED(status)), (process.pid, True))
        self.assertEqual(os.WSTOPSIG(status), signal.SIGSTOP)
        os.kill(process.pid, signal.SIGCONT)
        self.assertEqual(process.communicate(timeout=60), ("hello\n", ""))
        self.assertEqual(process.returncode, 3)

    def test_death_of_the_tracer_ends_the_program(self):
        process = self.start_held("wait")
        while (tracer := int(status_field(process.pid, "TracerPid"))) == 0 or (
            status_field(process.pid, "Name") != "greet"
            or status_field(process.pid, "State") != "S"
        ):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        os.kill(tracer, signal.SIGKILL)
        self.assertEqual(process.communicate(timeout=60), ("", ""))
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def start_held(self, what):
        return subprocess.Popen(
            [SEALWAX, "run", "--library", LIBRARY, *REQUIRE, "--", program("greet")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=behind_the_shim(what),
            text=True,
        )


if __name__ == "__main__":
    unittest.main()
