# SPDX-License-Identifier: Apache-2.0
"""sealwax learn: what would be refused, who asked for it, and the policy that lets it through."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support import (
    LIBRARY,
    SEALWAX,
    Outcome,
    TestCase,
    clean_environment,
    execute,
    program,
    run,
    sealwax,
)

AGAINST = program("against_seals")
HINT = "; 'sealwax learn --help' tells how to use it\n"
DEFAULT = "sealwax-policy 1\n"
ALL = "sealwax-policy 1\n\n[defaults]\nseal = all\n"
PRIVATE = "sealwax-policy 1\n\n[defaults]\ntext = private\n"
DENY = "sealwax-policy 1\n\n[defaults]\nexec-gain = deny\n"


def learn(*command, options=(), **rest):
    return sealwax("learn", "--library", LIBRARY, *options, "--", *command, **rest)


def without_offsets(text):
    """Where in an object the compiler put a call is its own matter."""
    return re.sub(r"  +", "  ", re.sub(r"\+0x[0-9a-f]+\)", "+0x1)", text))


def fields_of(pid):
    """Of /proc/PID/stat, from the state on."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()


def has_ended(pid):
    """Whether or not its parent has noticed."""
    try:
        return fields_of(pid)[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def child_of(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as file:
        return int(file.read())


def next_line(*words, command):
    return " ".join(["next: sealwax", *words, "--", *command]) + "\n"


class Lesson(TestCase):
    """What each call against a seal teaches, and that what it teaches is true."""

    def learn(self, *actions, base=None, **rest):
        """Learns from against_seals; the policy is written to a file beside `base`."""
        options = ["-o", self.path("learnt")]
        if base is not None:
            options += ["--policy", self.write("base", base)]
        outcome = learn(AGAINST, *actions, options=options, **rest)
        return Outcome(outcome.code, without_offsets(outcome.out), outcome.err)

    def learnt(self):
        with open(self.path("learnt"), encoding="utf-8") as file:
            return without_offsets(file.read())

    def run_sealed(self, policy, *actions, **rest):
        return run(AGAINST, *actions, options=["--policy", policy], **rest)

    def check_lesson(self, action, call, obj, section, base=DEFAULT, by=None, error="EPERM"):
        """`action` fails under `base`; it is found, excepted by `section`, and then works."""
        self.assertEqual(self.run_sealed(self.write("base", base), action).code, 1)
        by = f"{by or action} (against_seals+0x1)"
        policy, learnt = self.path("base"), self.path("learnt")
        self.check(
            self.learn(action, base=base),
            1,
            f"{action}: done\n"
            f"program: {AGAINST}, ended with status 0\n"
            f"policy: {policy}\n"
            "would be refused: 1 call\n"
            "\n"
            "times  call  object  by  program\n"
            f"  1  {call}  {obj}  {by}  {AGAINST}\n"
            "\n"
            f"written: {learnt}\n"
            + next_line("run", "--library", LIBRARY, "--policy", learnt, command=[AGAINST, action]),
        )
        self.assertEqual(self.learnt(), f"{base}\n# {call}, by {by}, once.\n{section}")
        self.check(self.run_sealed(learnt, action), 0, f"{action}: done\n")
        self.check_nothing_left(learnt, action)

    def check_nothing_left(self, policy, *actions):
        """Learning once more, now from the policy that was written, has nothing to add."""
        with open(policy, encoding="utf-8") as file:
            before = file.read()
        outcome = learn(AGAINST, *actions, options=["-o", policy, "--policy", policy])
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn("\nwould be refused: nothing\n", outcome.out)
        with open(policy, encoding="utf-8") as file:
            self.assertEqual(file.read(), before)

    def of_object(self, region):
        return f"[object {AGAINST}]\nonly-in = {AGAINST}\nseal = -{region}\n"

    def test_own_data_made_read_only(self):
        self.check_lesson(
            "freeze_settings", "mprotect r-- of data", AGAINST, self.of_object("data"), base=ALL
        )

    def test_code_changed_by_a_raw_system_call(self):
        self.check_lesson(
            "patch_code", "mprotect r-x of text", AGAINST, self.of_object("text")
        )

    def test_relro_made_writable(self):
        self.check_lesson(
            "open_tables", "mprotect rw- of relro", AGAINST, self.of_object("relro")
        )

    def test_relro_discarded(self):
        self.check_lesson(
            "keep_tables_from_children", "madvise DONTFORK of relro", AGAINST,
            self.of_object("relro"),
        )

    def test_constants_unmapped_moved_and_replaced(self):
        for action, call in (
            ("unmap_constants", "munmap of rodata"),
            ("move_constants", "mremap of rodata"),
            ("replace_constants", "mmap r-- of rodata"),
            ("attach_over_constants", "shmat of rodata"),
        ):
            with self.subTest(action):
                self.check_lesson(action, call, AGAINST, self.of_object("rodata"))

    def test_vdso_and_stack_are_the_programs(self):
        for action, call, obj, region in (
            ("touch_vdso", "mprotect r-x of vdso", "[vdso]", "vdso"),
            ("touch_stack", "mprotect rw- of stack", "[stack]", "stack"),
        ):
            with self.subTest(action):
                self.check_lesson(
                    action, call, obj, f"[program {AGAINST}]\nseal = -{region}\n", base=ALL
                )

    def test_new_code_where_the_policy_denies_it(self):
        for action, call in (("compile", "mprotect r-x"), ("compile_in_place", "mmap rwx")):
            with self.subTest(action):
                self.check_lesson(
                    action, call, "new executable memory",
                    f"[program {AGAINST}]\nexec-gain = allow\n", base=DENY,
                )

    def test_new_code_where_the_policy_allows_it(self):
        outcome = self.learn("compile", "compile_in_place", base=ALL)
        self.assertEqual(outcome.code, 0)
        self.assertEqual(self.learnt(), ALL)

    def test_forked_child(self):
        self.check_lesson(
            "forked", "mprotect rw- of relro", AGAINST, self.of_object("relro"), by="open_tables"
        )

    def test_thread(self):
        outcome = self.learn("thread")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertEqual(
            self.learnt(),
            f"{DEFAULT}\n# mprotect rw- of relro, by open_tables (against_seals+0x1), once.\n"
            + self.of_object("relro"),
        )

    def test_program_that_a_program_starts(self):
        outcome = self.learn("spawned", "open_tables")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertIn("\nwould be refused: 2 calls\n", outcome.out)
        self.assertIn(
            "# mprotect rw- of relro, by open_tables (against_seals+0x1), 2 times.\n", self.learnt()
        )

    def test_call_that_fails_by_itself_is_none(self):
        outcome = self.learn("freeze_half_a_page", base=ALL)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn("freeze_half_a_page: EINVAL\n", outcome.out)
        self.assertEqual(self.learnt(), ALL)

    def test_memory_that_took_the_place_of_sealed_memory_is_not_sealed(self):
        outcome = self.learn("unmap_constants", "unmap_constants")
        self.assertEqual(outcome.code, 1)
        self.assertIn("\nwould be refused: 1 call\n", outcome.out)

    def test_sections_are_as_few_as_will_do(self):
        self.learn("freeze_settings", "open_tables", "patch_code", "touch_stack", "touch_vdso",
                   base=ALL)
        sections = [line for line in self.learnt().splitlines() if not line.startswith("#")]
        self.assertEqual(
            sections[4:],
            ["", f"[object {AGAINST}]", f"only-in = {AGAINST}", "seal = -text -relro -data",
             "", f"[program {AGAINST}]", "seal = -vdso -stack"],
        )

    def test_library_that_is_unloaded_stays_and_is_no_finding(self):
        environment = clean_environment(LATE_LIBRARY=program("libidle.so"))
        outcome = self.learn("load_and_unload", base=ALL, env=environment)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(self.learnt(), ALL)

    def test_code_and_tables_in_private_memory(self):
        for action, call, region in (
            ("patch_code", "mprotect r-x of text", "text"),
            ("open_tables", "mprotect rw- of relro", "relro"),
            ("unmap_constants", "munmap of rodata", "rodata"),
        ):
            with self.subTest(action):
                self.check_lesson(action, call, AGAINST, self.of_object(region), base=PRIVATE)

    def test_library_all_of_which_is_in_private_memory(self):
        library = program("libwithout_data.so")
        environment = clean_environment(LATE_LIBRARY=library)
        outcome = self.learn("patch_late_code", base=PRIVATE, env=environment)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertEqual(
            self.learnt(),
            f"{PRIVATE}\n# mprotect r-x of text, by patch_late_code (against_seals+0x1), once.\n"
            f"[object {library}]\nonly-in = {AGAINST}\nseal = -text\n",
        )

    def test_library_in_private_memory_that_is_unloaded_is_no_finding(self):
        environment = clean_environment(LATE_LIBRARY=program("libidle.so"))
        outcome = self.learn("load_and_unload", base=PRIVATE, env=environment)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(self.learnt(), PRIVATE)

    def test_code_that_the_program_maps_by_itself(self):
        base = "sealwax-policy 1\n\n[defaults]\nmapped-code = seal\n"
        library = program("libidle.so")
        environment = clean_environment(LATE_LIBRARY=library)
        outcome = self.learn("map_code_and_unmap", base=base, env=environment)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertEqual(
            self.learnt(),
            f"{base}\n# munmap, by map_code_and_unmap (against_seals+0x1), once.\n"
            f"[object {library}]\nonly-in = {AGAINST}\nmapped-code = leave\n",
        )
        for policy, code, answer in (("base", 1, "EPERM"), ("learnt", 0, "done")):
            self.check(
                self.run_sealed(self.path(policy), "map_code_and_unmap", env=environment),
                code,
                f"map_code_and_unmap: {answer}\n",
            )

    def test_without_findings_the_next_step_is_to_run_it(self):
        self.check(
            learn("true"),
            0,
            "program: true, ended with status 0\n"
            "policy: built-in default\nwould be refused: nothing\n"
            + next_line("run", "--library", LIBRARY, command=["true"]),
        )

    def check_doubt(self, command, code, ending, doubt):
        """What has not come to its end is not sent on to `sealwax run`."""
        outcome = learn(*command)
        self.assertEqual((outcome.code, outcome.err), (code, ""))
        self.assertTrue(
            outcome.out.endswith(
                f"program: {command[0]}, {ending}\n"
                "policy: built-in default\nwould be refused: nothing\n"
                f"so far: it {doubt}, and what it did not come to is not learnt; does it end so "
                f"without sealwax, too?\nnext: {' '.join(command)}\n"
            ),
            outcome.out,
        )
        document = json.loads(learn(*command, options=["--json"]).out)
        self.assertFalse(document["program"]["came_to_its_end"])

    def test_program_that_was_killed_teaches_nothing(self):
        self.check_doubt([AGAINST, "die"], 2, "ended by signal 9 (Killed)", "was killed")

    def test_program_that_failed_is_to_be_run_by_itself(self):
        self.check_doubt(
            [program("greet")], 0, "ended with status 3", "ended otherwise than with status 0"
        )

    def test_library_that_is_closed_again_and_again(self):
        """What is proposed is heard of no more, once it is in the policy."""
        library = program("libidle.so")
        environment = clean_environment(LATE_LIBRARY=library)
        actions = ["load_and_unload"] * 5
        outcome = self.learn(*actions, env=environment)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        section = f"[object {library}]\nonly-in = {AGAINST}\ndlopen = pin\n"
        self.assertIn(f"\nclosed  object  program\n  5  {library}  {AGAINST}\n", outcome.out)
        self.assertIn(f"\n\n{section}\nwritten: ", outcome.out)
        self.assertEqual(self.learnt(), DEFAULT)
        pinned = self.write("pinned", f"{DEFAULT}\n{section}")
        once_more = learn(*[AGAINST, *actions], options=["--json", "--policy", pinned],
                          env=environment)
        self.assertEqual(json.loads(once_more.out)["closings"], [])

    def test_caller_is_named_with_a_library_without_symbols(self):
        library = self.path("libsealwax.so")
        subprocess.run(["strip", "--strip-all", "-o", library, LIBRARY], check=True)
        for script, caller in (
            ("import mmap\nmmap.mmap(-1, 4096, prot=7)\n", "mmap"),
            (
                "import ctypes\nlibc = ctypes.CDLL(None)\n"
                "at = ctypes.cast(libc.getuid, ctypes.c_void_p).value & -4096\n"
                "libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]\n"
                "libc.mprotect(at, 4096, 5)\n",
                "libffi",
            ),
        ):
            base = self.write("deny", DENY)
            outcome = sealwax(
                "learn", "--json", "--library", library, "--policy", base, "--",
                sys.executable, "-c", script,
            )
            callers = [one["caller"] for one in json.loads(outcome.out)["findings"]]
            self.assertEqual(len(callers), 1)
            self.assertIn(caller, callers[0])

    def test_policy_is_printed_where_no_file_is_named(self):
        outcome = learn(AGAINST, "open_tables", "a b", "it's\n")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertTrue(
            without_offsets(outcome.out).endswith(
                "\nthe policy with what it takes:\n\nsealwax-policy 1\n\n"
                "# mprotect rw- of relro, by open_tables (against_seals+0x1), once.\n"
                + self.of_object("relro")
                + f"\nnext: sealwax learn -o FILE --library {LIBRARY} -- {AGAINST} open_tables "
                "'a b' $'it\\'s\\012'\n"
            ),
            outcome.out,
        )

    def test_json(self):
        outcome = learn(AGAINST, "open_tables", options=["--json"])
        self.assertEqual((outcome.code, outcome.err), (1, "open_tables: done\n"))
        document = json.loads(outcome.out)
        finding = document["findings"][0]
        self.assertRegex(finding.pop("offset"), "^0x[0-9a-f]+$")
        self.assertEqual(
            document,
            {
                "schema": "sealwax-learn 1",
                "ok": False,
                "program": {
                    "command": [AGAINST, "open_tables"], "ran": True, "exit_status": 0,
                    "signal": None, "came_to_its_end": True,
                },
                "watched": None,
                "policy": None,
                "findings": [
                    {
                        "kind": "seal", "program": AGAINST, "call": "mprotect", "request": "rw-",
                        "object": AGAINST, "regions": ["relro"], "function": "open_tables",
                        "caller": AGAINST, "count": 1, "excepted": True,
                    }
                ],
                "closings": [],
                "remarks": [],
                "policy_text": document["policy_text"],
                "output": None,
                "next": f"sealwax learn -o FILE --library {LIBRARY} -- {AGAINST} open_tables",
                "errors": [],
            },
        )
        self.assertTrue(document["policy_text"].endswith(self.of_object("relro")))


class InMemory(TestCase):
    """Program and library lie in shared memory, from which the library moves them, itself too."""

    def setUp(self):
        super().setUp()
        self.memory = tempfile.mkdtemp(prefix="sealwax-test-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, self.memory)

    def test_all_is_found_and_named(self):
        against, library = (shutil.copy(file, self.memory) for file in (AGAINST, LIBRARY))
        outcome = sealwax("learn", "--library", library, "--", against, "open_tables", "forked")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertIn("\nwould be refused: 2 calls\n", outcome.out)
        self.assertIn(
            "\n# mprotect rw- of relro, by open_tables (against_seals+0x1), 2 times.\n"
            f"[object {against}]\nonly-in = {against}\nseal = -relro\n",
            without_offsets(outcome.out),
        )


class Real(TestCase):
    """Unmodified programs."""

    def test_python(self):
        """Its ctypes makes libc's code writable for a moment."""
        script = self.write(
            "patch.py",
            "import ctypes, mmap\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "at = ctypes.cast(libc.getuid, ctypes.c_void_p).value & -mmap.PAGESIZE\n"
            "libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]\n"
            "print(libc.mprotect(at, mmap.PAGESIZE, 5))\n",
        )
        learnt = self.path("learnt")
        self.check(run(sys.executable, script), 0, "-1\n")
        outcome = learn(sys.executable, script, options=["-o", learnt])
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertIn("\nwould be refused: 1 call\n", outcome.out)
        self.assertRegex(outcome.out, r"mprotect r-x of text  /\S*/libc[.-]\S* .*libffi\.so")
        self.check(run(sys.executable, script, options=["--policy", learnt]), 0, "0\n")

    def test_shell_pipeline(self):
        self.check(
            learn("sh", "-c", "printf 'b\\na\\n' | sort | tr a-z A-Z"),
            0,
            "A\nB\nprogram: sh, ended with status 0\npolicy: built-in default\n"
            "would be refused: nothing\n"
            f"next: sealwax run --library {LIBRARY} -- sh -c "
            "'printf '\\''b\\na\\n'\\'' | sort | tr a-z A-Z'\n",
        )

    def test_thread_that_executes(self):
        script = self.write(
            "exec.py",
            "import os, threading, time\n"
            f"run = lambda: os.execv({AGAINST!r}, ['again', 'open_tables'])\n"
            "threading.Thread(target=run).start()\n"
            "time.sleep(60)\n",
        )
        outcome = learn(sys.executable, script)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertIn("\nwould be refused: 1 call\n", outcome.out)


class LeftOut(TestCase):
    """What the library does not reach, or the tracer gets in the way of, is said."""

    def test_static_program_that_a_program_starts(self):
        path = program("exit_seven")
        outcome = learn("sh", "-c", f"{path}; true")
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: {path} is static: left out, since nothing is sealed in it\n"),
        )

    def test_static_program_by_itself(self):
        path = program("exit_seven")
        self.check(
            learn(path),
            2,
            err=f"sealwax: {path} is static, so that no loader reads LD_PRELOAD: there is nothing "
            "to learn from it (link it dynamically)\n",
        )

    def test_program_without_the_environment(self):
        outcome = learn("env", "-i", program("greet"))
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: {program('greet')} was executed without LD_PRELOAD in its environment: "
                "left out, since nothing is sealed in it\n"),
        )

    def test_program_that_traces(self):
        outcome = learn(AGAINST, "trace_me", "trace_me")
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: {AGAINST} traces a program itself, and got EPERM: "
                "a process has one tracer\n"),
        )
        self.assertTrue(outcome.out.startswith("trace_me: EPERM\ntrace_me: EPERM\n"))

    def test_programs_own_filter_works_and_does_not_hide_it(self):
        outcome = learn(AGAINST, "filter", "open_tables")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertTrue(outcome.out.startswith("filter: done\nopen_tables: done\n"))

    def test_policy_that_seals_nothing(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nmode = audit\n")
        self.check(
            learn(AGAINST, options=["--policy", policy]),
            2,
            err=f"sealwax: the policy {policy} seals nothing in {AGAINST}; name one with "
            "'mode = enforce' by --policy\n",
        )

    def test_filter_that_answers_before_the_tracer_does(self):
        for rule in ("mseal=ENOSYS", "mseal=EPERM", "mseal=kill"):
            self.check(
                execute(
                    os.environ["SEALWAX_TEST_FILTER"], rule, "--",
                    SEALWAX, "learn", "--library", LIBRARY, "--", program("greet"),
                ),
                2,
                "hello\n",
                f"sealwax: {program('greet')} ran, but nothing in it asked for a seal: its loader "
                "did not take the library, or a seccomp filter answers mseal(2) here; nothing was "
                "learnt\n",
            )

    def test_no_leave_to_trace(self):
        outcome = execute(
            os.environ["SEALWAX_TEST_FILTER"], "ptrace=EPERM", "--",
            SEALWAX, "learn", "--library", LIBRARY, "--", program("greet"),
        )
        self.check(
            outcome,
            2,
            err="sealwax: cannot trace the program: Operation not permitted; is that forbidden "
            "here (kernel.yama.ptrace_scope, a container's filter)?\n",
        )


class Ends(TestCase):
    """However the program ends, what was learnt is told."""

    def start_learning(self, *command, **options):
        process = subprocess.Popen(
            [SEALWAX, "learn", "--library", LIBRARY, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            text=True,
            **options,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def check_answer(self, process, ending, calls):
        out, err = process.communicate(timeout=60)
        self.assertEqual(err, "")
        self.assertIn(f"program: {ending}\n", out)
        self.assertIn(f"\nwould be refused: {calls}\n", out)

    def test_killed_by_itself(self):
        outcome = learn(AGAINST, "open_tables", "die")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertIn(f"program: {AGAINST}, ended by signal 9 (Killed)\n", outcome.out)

    def test_child_that_is_killed(self):
        outcome = learn(AGAINST, "killed_child")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertTrue(outcome.out.startswith("killed_child: done\n"))

    def test_parents_that_are_killed_while_they_fork(self):
        """Of some of their children they can tell nobody any more."""
        script = self.write(
            "fork.py",
            "import os, signal, time\n"
            "for _ in range(20):\n"
            "    child = os.fork()\n"
            "    while child == 0:\n"
            "        if os.fork() == 0:\n"
            "            os._exit(0)\n"
            "    time.sleep(0.01)\n"
            "    os.kill(child, signal.SIGKILL)\n"
            "    os.waitpid(child, 0)\n",
        )
        outcome = learn(sys.executable, script)
        self.assertEqual((outcome.code, outcome.err), (0, ""))

    def test_signal_to_the_tool_reaches_the_program(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start_learning(AGAINST, "open_tables", "wait_for_signal")
            while "waiting" not in process.stdout.readline():
                self.assertIsNone(process.poll())
            process.send_signal(number)
            self.check_answer(
                process, f"{AGAINST}, ended by signal {number} ({signal.strsignal(number)})",
                "1 call",
            )
            self.assertEqual(process.returncode, 1)

    def test_interrupt_from_the_terminal(self):
        """The program's own affair: this one goes on after the first."""
        script = self.write(
            "twice.py",
            "import os, time\n"
            "for text in ('one', 'two'):\n"
            "    try:\n"
            "        print('ready', text, flush=True)\n"
            "        time.sleep(60)\n"
            "    except KeyboardInterrupt:\n"
            "        print('interrupt', text, flush=True)\n",
        )
        master, slave = os.openpty()
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", SEALWAX, "learn", "--library", LIBRARY, "--",
             sys.executable, script],
            stdin=slave, stdout=slave, stderr=slave, env=clean_environment(),
        )
        os.close(slave)
        text = b""
        for text_awaited in (b"ready one", b"ready two"):
            while text_awaited not in text:
                text += os.read(master, 4096)
            os.write(master, b"\x03")
        while b"next:" not in text:
            text += os.read(master, 4096)
        self.assertEqual(process.wait(timeout=60), 0)
        os.close(master)
        self.assertIn(b"interrupt two", text)
        self.assertIn(b"would be refused: nothing", text)

    def test_interrupt_that_comes_as_the_program_ends_costs_no_answer(self):
        process = self.start_learning(AGAINST, "wait_for_signal")
        self.assertEqual(process.stdout.readline(), "waiting\n")
        child = child_of(process)
        process.send_signal(signal.SIGSTOP)
        while fields_of(process.pid)[0] != "T":
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        while fields_of(child)[0] != "Z":
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        self.check_answer(process, f"{AGAINST}, ended by signal 9 (Killed)", "nothing")

    def test_what_stays_in_the_background_ends_at_the_first_request(self):
        process = self.start_learning("sh", "-c", "sleep 1000 >&- 2>&- & echo $$ $!")
        shell, sleeper = map(int, process.stdout.readline().split())
        while not has_ended(shell):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.check_answer(process, "sh, ended with status 0", "nothing")
        self.assertTrue(has_ended(sleeper))

    def test_job_control(self):
        process = self.start_learning(AGAINST, "wait_for_signal")
        self.assertEqual(process.stdout.readline(), "waiting\n")
        child = child_of(process)
        os.kill(child, signal.SIGSTOP)
        while fields_of(child)[0] not in "tT":
            time.sleep(0.01)
        os.kill(child, signal.SIGCONT)
        while fields_of(child)[0] != "S":
            time.sleep(0.01)
        os.kill(child, signal.SIGTERM)
        self.check_answer(process, f"{AGAINST}, ended by signal 15 (Terminated)", "nothing")

    def test_death_of_the_tool_ends_the_program(self):
        process = self.start_learning(AGAINST, "wait_for_signal")
        self.assertEqual(process.stdout.readline(), "waiting\n")
        child = child_of(process)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 60
        while not has_ended(child):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)


class Output(TestCase):
    def test_system_policy_is_never_written(self):
        for path in ("/etc/sealwax/policy.conf", "/etc/../etc/sealwax/policy.conf"):
            self.check(
                learn(program("greet"), options=["-o", path]),
                2,
                err=f"sealwax: {path} is the policy that holds on this system; write to another "
                "file, read it, and mv it there\n",
            )

    def test_folder_that_is_missing(self):
        path = self.path("none/learnt")
        self.check(
            learn(program("greet"), options=["-o", path]),
            2,
            err=f"sealwax: cannot write {path}: No such file or directory; name another file "
            "with -o\n",
        )

    def test_what_is_no_file(self):
        self.check(
            learn(program("greet"), options=["-o", self.folder]),
            2,
            err=f"sealwax: cannot write {self.folder}: not a regular file; name another file "
            "with -o\n",
        )

    def test_file_is_replaced_as_a_whole(self):
        path = self.write("learnt", "old\n", 0o600)
        with open(path, encoding="utf-8") as old:
            learn(program("greet"), options=["-o", path], umask=0o027)
            self.assertEqual(old.read(), "old\n")
        self.assertEqual(os.listdir(self.folder), ["learnt"])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        with open(path, encoding="utf-8") as new:
            self.assertEqual(new.read(), DEFAULT)

    def test_file_that_cannot_be_written_costs_nothing(self):
        """The limit on the size of files stands for a full disk."""
        path = self.write("learnt", "old\n")
        script = "trap '' XFSZ; ulimit -f 0; exec \"$@\""
        outcome = execute(
            "bash", "-c", script, "bash", SEALWAX, "learn", "--library", LIBRARY, "-o", path,
            "--", AGAINST, "open_tables",
        )
        self.assertEqual(outcome.code, 2)
        self.assertEqual(
            outcome.err,
            f"sealwax: cannot write {path}: File too large; name another file with -o\n",
        )
        self.assertIn("seal = -relro\n", outcome.out)
        self.assertEqual(os.listdir(self.folder), ["learnt"])
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "old\n")

    def test_path_that_is_a_glob(self):
        """Nothing else than the program itself gets its exception."""
        path = self.copy(AGAINST, "a[b]*?\\c d]")
        learnt = self.path("learnt")
        self.assertEqual(learn(path, "open_tables", options=["-o", learnt]).code, 1)
        with open(learnt, encoding="utf-8") as file:
            self.assertIn(f"\n[object {self.folder}/a\\[b]\\*\\?\\\\c d]]\n", file.read())
        self.check(
            run(path, "open_tables", options=["--policy", learnt]), 0, "open_tables: done\n"
        )


class Usage(TestCase):
    def test_no_program(self):
        for arguments in ([], ["--"], ["--json"]):
            outcome = sealwax("learn", *arguments)
            self.assertEqual((outcome.code, outcome.err), (64, "sealwax: no program given" + HINT))

    def test_unknown_option(self):
        self.check(
            sealwax("learn", "--outputs", "true"),
            64,
            err="sealwax: there is no option '--outputs'; did you mean '--output'?" + HINT[1:],
        )

    def test_program_that_is_missing(self):
        self.check(
            learn("no-such-program"),
            127,
            err="sealwax: cannot find 'no-such-program' in PATH; give the program's path\n",
        )

    def test_damaged_program(self):
        path = self.write("damaged", "\x7fELF and no more", 0o755)
        self.check(
            learn(path),
            126,
            err=f"sealwax: cannot run {path}: Exec format error; name an executable file\n",
        )

    def test_bad_policy(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nseal = text, rodata\n")
        outcome = learn("true", options=["--policy", policy])
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertRegex(outcome.err, rf"^sealwax: {policy}:3:8: .*\n$")

    def test_errors_as_json(self):
        for command, code, message in (
            ([], 64, "no program given"),
            (["no-such-program"], 127,
             "cannot find 'no-such-program' in PATH; give the program's path"),
        ):
            outcome = sealwax("learn", "--json", "--library", LIBRARY, "--", *command)
            self.assertEqual(outcome.code, code)
            document = json.loads(outcome.out)
            self.assertEqual(
                (document["schema"], document["ok"], document["errors"], document["findings"]),
                ("sealwax-learn 1", False, [message], []),
            )


if __name__ == "__main__":
    unittest.main()
