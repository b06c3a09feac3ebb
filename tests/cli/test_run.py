# SPDX-License-Identifier: Apache-2.0
"""sealwax run: the environment it makes, the status it passes on, what it warns of and refuses."""

import os
import signal
import subprocess
import unittest

from support import (
    COMMANDS, LIBRARY, SEALWAX, TestCase, clean_environment, execute, program, run, sealwax
)

SHOW = 'echo "$LD_PRELOAD|$SEALWAX_POLICY"'
POLICY = "sealwax-policy 1\n[defaults]\nseal = text\n"


class Environment(TestCase):
    def test_preload(self):
        self.check(run("sh", "-c", SHOW), 0, f"{LIBRARY}|\n")

    def test_in_front_of_other_libraries(self):
        other = program("libidle.so")
        self.check(
            run("sh", "-c", SHOW, env=clean_environment(LD_PRELOAD=other)),
            0,
            f"{LIBRARY}:{other}|\n",
        )

    def test_empty_preload(self):
        self.check(run("sh", "-c", SHOW, env=clean_environment(LD_PRELOAD="")), 0, f"{LIBRARY}|\n")

    def test_relative_paths_become_absolute(self):
        self.write("policy", POLICY)
        self.copy(LIBRARY, "wax.so")
        self.check(
            run("sh", "-c", SHOW, library="wax.so", options=["--policy", "policy"], cwd=self.folder),
            0,
            f"{self.folder}/wax.so|{self.folder}/policy\n",
        )

    def test_policy_of_the_environment_stays(self):
        policy = self.write("policy", POLICY)
        self.check(
            run("sh", "-c", SHOW, env=clean_environment(SEALWAX_POLICY=policy)),
            0,
            f"{LIBRARY}|{policy}\n",
        )

    def test_policy_holds(self):
        policy = self.write("policy", POLICY)
        seen = run(
            "sh", "-c", '"$0" status $$ | grep -c "policy: $1$"', SEALWAX, policy,
            options=["--policy", policy],
        )
        self.check(seen, 0, "1\n")

    def test_program_is_sealed(self):
        outcome = run("sh", "-c", '"$0" status $$', SEALWAX)
        self.assertEqual((outcome.code, outcome.err), (0, ""))

    def test_options_of_the_program_are_its_own(self):
        for separator in ([], ["--"]):
            self.check(
                sealwax(
                    "run", "--library", LIBRARY, *separator, "printf", "%s|", "--help", "--", "-x"
                ),
                0,
                "--help|--|-x|",
            )

    def test_same_process(self):
        process = subprocess.Popen(
            [SEALWAX, "run", "--library", LIBRARY, "--", "sh", "-c", "echo $$"],
            stdout=subprocess.PIPE,
            env=clean_environment(),
            text=True,
        )
        out, _ = process.communicate()
        self.assertEqual(out, f"{process.pid}\n")

    def test_no_child_is_left(self):
        script = 'read -r children </proc/$$/task/$$/children; echo "[$children]"'
        self.check(run("sh", "-c", script), 0, "[]\n")

    def test_descriptors_are_the_programs_own(self):
        script = 'for i in 0 1 2 3 4 5 6; do [ -e /proc/$$/fd/$i ] && echo $i >&2; done'
        bare = execute("sh", "-c", f"exec sh -c '{script}' <&- >&-")
        sealed = execute(
            "sh", "-c", f"exec \"$0\" run --library \"$1\" -- sh -c '{script}' <&- >&-",
            SEALWAX, LIBRARY,
        )
        self.assertEqual(sealed, bare)


class Status(TestCase):
    def test_programs_own(self):
        self.check(run(program("greet")), 3, "hello\n")
        self.check(run("sh", "-c", "exit 125"), 125)

    def test_death_by_signal(self):
        self.check(run("sh", "-c", "kill -TERM $$"), -signal.SIGTERM)
        self.check(run("sh", "-c", "kill -KILL $$"), -signal.SIGKILL)

    def test_not_found(self):
        self.check(
            run("no-such-program"),
            127,
            err="sealwax: cannot find 'no-such-program' in PATH; give the program's path\n",
        )
        self.check(
            run("./no-such-program"),
            127,
            err="sealwax: cannot run './no-such-program': No such file or directory; "
            "check the path\n",
        )
        self.check(
            run(""),
            127,
            err="sealwax: cannot run '': No such file or directory; check the path\n",
        )

    def test_not_executable(self):
        path = self.write("plain", "")
        self.check(
            run(path),
            126,
            err=f"sealwax: cannot run '{path}': Permission denied; name an executable file\n",
        )
        self.check(
            run(self.folder),
            126,
            err=f"sealwax: cannot run '{self.folder}': not a regular file; "
            "name an executable file\n",
        )

    def test_path_search(self):
        """As execvp(3): on to the next folder, and only then what could not be executed counts."""
        self.copy(program("greet"), "first/greeting", 0o644)
        self.copy(program("greet"), "second/greeting")
        first, second = self.path("first"), self.path("second")
        self.check(
            run("greeting", env=clean_environment(PATH=f"{first}:{second}")), 3, "hello\n"
        )
        self.check(
            run("greeting", env=clean_environment(PATH=f"/nowhere:{first}:/bin")),
            126,
            err=f"sealwax: cannot run {first}/greeting: you may not execute it; chmod +x it or "
            "name another program\n",
        )
        self.check(
            run("greeting", env=clean_environment(PATH="/nowhere:"), cwd=second), 3, "hello\n"
        )

    def test_script(self):
        script = self.write("script", "#!/bin/sh -u\necho $1; exit 9\n", 0o755)
        self.check(run(script, "argument"), 9, "argument\n")

    def test_script_that_names_no_interpreter(self):
        script = self.write("script", "echo $1; exit 9\n", 0o755)
        self.check(run(script, "argument"), 9, "argument\n")

    def test_script_without_its_interpreter(self):
        script = self.write("script", "#!/nowhere/shell\n", 0o755)
        self.check(
            run(script),
            127,
            err=f"sealwax: cannot run {script}: its interpreter /nowhere/shell is missing; "
            "install it\n",
        )

    def test_damaged_program(self):
        path = self.write("damaged", "\x7fELF and no more", 0o755)
        self.check(
            run(path),
            126,
            err=f"sealwax: cannot run {path}: Exec format error; name an executable file\n",
        )


class Library(TestCase):
    def installed(self, *folders):
        """A copy of the tool in bin, and of the library in `folders`."""
        for folder in folders:
            self.copy(LIBRARY, f"{folder}/libsealwax.so")
        return self.copy(COMMANDS, "bin/sealwax")

    def test_beside_itself_first(self):
        tool = self.installed("bin", os.environ["SEALWAX_LIBDIR"])
        self.check(
            execute(tool, "run", "sh", "-c", SHOW), 0, f"{self.folder}/bin/libsealwax.so|\n"
        )

    def test_in_the_library_directory(self):
        libdir = os.environ["SEALWAX_LIBDIR"]
        tool = self.installed(libdir)
        self.check(
            execute(tool, "run", "sh", "-c", SHOW), 0, f"{self.folder}/{libdir}/libsealwax.so|\n"
        )

    def test_nowhere(self):
        tool = self.installed()
        self.check(
            execute(tool, "run", "true"),
            125,
            err=f"sealwax: cannot find libsealwax.so: it is neither in {self.folder}/bin nor in "
            f"{self.folder}/{os.environ['SEALWAX_LIBDIR']}; name it with --library FILE\n",
        )

    def test_path_that_the_loader_would_split(self):
        for name in ("a:b", "a b", "$ORIGIN"):
            path = self.copy(LIBRARY, f"{name}/wax.so")
            self.check(
                run("true", library=path),
                125,
                err=f"sealwax: cannot preload '{path}': LD_PRELOAD holds no path with a colon, a "
                "blank or a '$'; put the library elsewhere\n",
            )

    def test_what_is_no_library(self):
        text = self.write("text.so", "no library")
        for path, why in (
            (text, "not a shared object"),
            (program("greet"), "not a shared object"),
            (self.path("missing.so"), "No such file or directory"),
        ):
            self.check(
                run("true", library=path),
                125,
                err=f"sealwax: cannot preload {path}: {why}; name the library with "
                "--library FILE\n",
            )


class Policy(TestCase):
    def test_bad_policy(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nseal = text, rodata\n")
        outcome = run("true", options=["--policy", policy])
        self.assertEqual((outcome.code, outcome.out), (125, ""))
        self.assertRegex(outcome.err, rf"^sealwax: {policy}:3:8: .*\n$")
        self.assertEqual(
            run("true", env=clean_environment(SEALWAX_POLICY=policy)), outcome
        )

    def test_missing_policy(self):
        self.check(
            run("true", options=["--policy", self.path("none")]),
            125,
            err=f"sealwax: cannot read the policy {self.folder}/none: "
            "No such file or directory\n",
        )

    def test_name_that_no_policy_has(self):
        outcome = run("true", options=["--policy", "no-such-policy"])
        self.assertEqual((outcome.code, outcome.out), (125, ""))
        self.assertIn("there is no policy 'no-such-policy': no no-such-policy.conf is in ",
                      outcome.err)

    def test_policy_without_its_path(self):
        self.check(
            run("true", env=clean_environment(SEALWAX_POLICY="policy.conf")),
            125,
            err="sealwax: SEALWAX_POLICY is 'policy.conf', no absolute path\n",
        )

    def test_policy_that_is_a_folder(self):
        self.check(
            run("true", options=["--policy", self.folder]),
            125,
            err=f"sealwax: cannot read the policy {self.folder}: not a regular file\n",
        )


class Warnings(TestCase):
    def test_other_class(self):
        """A program of 52 + 32 bytes of headers: whether this kernel runs it is not the point."""
        header = bytes.fromhex("7f454c46010101") + bytes(9)
        header += b"".join(
            number.to_bytes(size, "little")
            for number, size in (
                (2, 2), (3, 2), (1, 4), (0x8048054, 4), (52, 4), (0, 4), (0, 4),
                (52, 2), (32, 2), (1, 2), (0, 2), (0, 2), (0, 2),
            )
        )
        header += b"".join(
            number.to_bytes(4, "little")
            for number in (1, 0, 0x8048000, 0x8048000, 0x5D, 0x5D, 5, 0x1000)
        )
        # mov $9, %bl; mov $1, %al (exit); int $0x80
        path = self.path("narrow")
        with open(path, "wb") as file:
            file.write(header + bytes.fromhex("b309b001cd80") + bytes(3))
        os.chmod(path, 0o755)
        outcome = run(path)
        machine = os.uname().machine.replace("_", "-")
        self.assertEqual(
            outcome.err.splitlines()[0],
            f"sealwax: warning: {path} is a 32-bit x86 program and the library is for 64-bit "
            f"{machine}; it runs unsealed (a library built for it can be named with --library)",
        )
        try:
            bare = subprocess.run([path], check=False).returncode
        except OSError:
            bare = 126
        self.assertEqual(outcome.code, bare)

    def test_loader_by_hand_is_no_reason_to_warn(self):
        loader = os.environ["SEALWAX_TEST_LOADER"]
        self.check(run(loader, program("greet")), 3, "hello\n")


class WithoutMseal(TestCase):
    """An old kernel differs from a filter with ENOSYS in nothing that a program can see."""

    def under_filter(self, *rule, **options):
        return execute(
            os.environ["SEALWAX_TEST_FILTER"], *rule, "--",
            SEALWAX, "run", "--library", LIBRARY, "--", program("greet"), **options,
        )

    def test_old_kernel(self):
        self.check(
            self.under_filter("mseal=ENOSYS"),
            3,
            "hello\n",
            f"sealwax: warning: this kernel has no mseal(2); {program('greet')} runs unsealed "
            "(Linux 6.10 and later have it)\n",
        )

    def test_filter(self):
        for rule in ("mseal=EPERM", "mseal=kill"):
            self.check(
                self.under_filter(rule),
                3,
                "hello\n",
                "sealwax: warning: mseal(2) is refused here, most likely by a seccomp filter; "
                f"{program('greet')} runs unsealed (the filter has to allow it)\n",
            )


if __name__ == "__main__":
    unittest.main()
