# SPDX-License-Identifier: Apache-2.0
"""sealwax doctor on the machine that the tests run on: its kernel, filters, processes."""

import json
import os

from doctor_system import SHIM, doctor_json
from rights import main_as_root
from support import COMMANDS, SEALWAX, TestCase, clean_environment, execute, program


class ThisSystem(TestCase):
    """The machine that the tests run on, whose kernel seals."""

    def under_filter(self, rule):
        outcome = execute(
            os.environ["SEALWAX_TEST_FILTER"], rule, "--", SEALWAX, "doctor", "--strict", "--json"
        )
        checks = json.loads(outcome.out)["checks"]
        return outcome.code, [
            (check["state"], check["fact"])
            for check in checks
            if (check["group"], check["check"]) == ("kernel", "mseal")
        ]

    def test_kernel_and_proc(self):
        _, checks = doctor_json()
        release = os.uname().release
        self.assertEqual(checks["kernel", "mseal"], ("ok", f"works (Linux {release})", None))
        self.assertEqual(checks["kernel", "PROCMAP_QUERY"], ("ok", "works", None))
        self.assertEqual(
            checks["kernel", "MDWE"],
            ("ok", "works: a policy can say 'exec-gain = deny'", None),
        )
        self.assertEqual(checks["proc", "/proc"], ("ok", "is mounted", None))
        self.assertEqual(
            checks["proc", "VmFlags"], ("ok", "/proc/PID/smaps shows what is sealed", None)
        )

    def test_filters_that_refuse_mseal(self):
        release = os.uname().release
        for rule, fact in (
            ("mseal=EPERM", "is refused, by a seccomp filter that this process is under"),
            ("mseal=kill", "kills, by a seccomp filter that this process is under"),
            (
                "mseal=ENOSYS",
                f"is missing: Linux {release} has none, or the seccomp filter that this process "
                "is under says so",
            ),
        ):
            with self.subTest(rule=rule):
                self.assertEqual(self.under_filter(rule), (1, [("finding", fact)]))

    def test_processes_that_preload(self):
        library = self.copy(SHIM, "libsealwax.so", 0o644)
        environment = clean_environment(LD_PRELOAD=library)
        self.start(self.copy(program("layout"), "static"), ready="ready\n", env=environment)
        shell = self.copy("/bin/sh", "shell")
        with_library = [
            self.start(shell, "-c", "echo ready; read line", ready="ready\n", env=environment)
            for _ in range(2)
        ]
        self.assertEqual(len(with_library), 2)
        _, checks = doctor_json()
        group = "running with the library"
        self.assertEqual(checks[group, shell], ("ok", "2 processes with the library", None))
        state, fact, _ = checks[group, self.path("static")]
        self.assertEqual(state, "finding")
        self.assertRegex(fact, r"^the library did not arrive in 1 of 1 process, PID \d+ for one$")

    def test_processes_under_filters(self):
        library = self.copy(SHIM, "libsealwax.so", 0o644)
        for name, rule in (("open", "mseal=EPERM"), ("sealed", "mseal=allow")):
            self.start(
                os.environ["SEALWAX_TEST_FILTER"], rule, "--", f"LD_PRELOAD={library}",
                self.copy("/bin/sh", name), "-c", "echo ready; read line", ready="ready\n",
            )
        _, checks = doctor_json()
        group = "seccomp filters"
        self.assertEqual(
            checks[group, self.path("open")],
            (
                "finding",
                "has the library, runs under a filter, and nothing is sealed",
                "let its filter allow mseal, where its policy wants it sealed",
            ),
        )
        self.assertNotIn((group, self.path("sealed")), checks)
        # A policy can be why nothing is sealed: then the filter, once read, is not to blame.
        self.start(
            os.environ["SEALWAX_TEST_FILTER"], "mseal=allow", "--", f"LD_PRELOAD={library}",
            "SEALWAX_POLICY=" + self.write("off", "sealwax-policy 1\n[defaults]\nmode = off\n"),
            self.copy("/bin/sh", "left"), "-c", "echo ready; read line", ready="ready\n",
        )
        _, checks = doctor_json()
        self.assertNotIn((group, self.path("left")), checks)
        self.assertRegex(
            checks[group, "left"][1],
            r"^\d+ under a filter, of which their policies want nothing sealed$",
        )
        _, checks = doctor_json("--filters")
        self.assertNotIn((group, self.path("left")), checks)
        self.assertIn(self.path("left"), checks[group, "let pass"][1])
        self.assertEqual(checks[group, self.path("open")][0], "finding")
        self.assertRegex(checks[group, "sealed"][1], r"^\d+ under a filter that lets mseal pass$")

    def test_filters_are_read(self):
        for name, rules in (
            ("errno", ["getpid=allow", "mseal=EPERM"]),
            ("kill", ["mseal=kill"]),
            ("pass", ["mseal=allow", "mseal=kill"]),
            ("unlisted", ["outside-system-service=EPERM"]),
        ):
            self.start(
                os.environ["SEALWAX_TEST_FILTER"], *rules, "--", self.copy("/bin/sh", name),
                "-c", "echo ready; read line", ready="ready\n",
            )
        _, checks = doctor_json("--filters")
        group = "seccomp filters"
        state, fact, remedy = checks[group, "refuse"]
        self.assertEqual((state, remedy), ("note", "let their filters allow mseal"))
        for name in ("errno", "kill", "unlisted"):
            self.assertIn(self.path(name), fact)
        self.assertNotIn(self.path("pass"), fact)
        self.assertIn(self.path("pass"), checks[group, "let pass"][1])
        _, checks = doctor_json()
        self.assertNotIn((group, "refuse"), checks)
        self.assertIn(self.path("errno"), checks[group, "not sealed"][1])

    def test_process_whose_filter_was_read_goes_on(self):
        process = self.start(
            os.environ["SEALWAX_TEST_FILTER"], "mseal=kill", "--", self.copy("/bin/sh", "shell"),
            "-c", 'echo ready; while read line; do echo "$line"; done', ready="ready\n",
        )
        for line in ("one\n", "two\n"):
            doctor_json("--filters")
            process.stdin.write(line)
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), line)

    def test_filters_that_may_not_be_read(self):
        """From under a filter itself, or traced by another already."""
        shell = self.copy("/bin/sh", "shell")
        self.start(
            os.environ["SEALWAX_TEST_FILTER"], "mseal=kill", "--", shell, "-c",
            "echo ready; read line", ready="ready\n",
        )
        outcome = execute(
            os.environ["SEALWAX_TEST_FILTER"], "mseal=allow", "--",
            SEALWAX, "doctor", "--strict", "--json", "--filters",
        )
        found = {
            check["check"]: check["fact"]
            for check in json.loads(outcome.out)["checks"]
            if check["group"] == "seccomp filters"
        }
        self.assertIn(shell, found["not sealed"])
        self.assertNotIn("refuse", found)

    def test_preloaded_into_every_program(self):
        """With a real /etc/ld.so.preload, in a mount namespace."""
        library = self.copy(SHIM, "libsealwax.so", 0o644)
        outcome = execute(
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o mode=0755 none /etc && "
            'echo "$0" /opt/gone.so >/etc/ld.so.preload && exec "$@" 2>/dev/null',
            library, SEALWAX, "doctor", "--strict", "--json",
        )
        checks = {
            (check["group"], check["check"]): (check["state"], check["fact"])
            for check in json.loads(outcome.out)["checks"]
        }
        self.assertEqual(outcome.code, 1)
        self.assertEqual(
            checks["kernel", "system mappings"],
            ("ok", "the library, which is loaded here too, has sealed vdso and vvar"),
        )
        self.assertEqual(checks["library", "file"], ("ok", f"{library} is whole"))
        self.assertEqual(
            checks["/etc/ld.so.preload", "entry"],
            ("ok", f"{library} is preloaded into every program"),
        )
        self.assertEqual(
            checks["/etc/ld.so.preload", "other entry"],
            (
                "finding",
                "/opt/gone.so cannot be opened (No such file or directory): every program that "
                "starts prints an error line",
            ),
        )
        own = os.path.realpath(COMMANDS)
        state, fact = checks["running with the library", own]
        self.assertEqual(state, "ok")
        # Tests that run beside this one have processes of it too.
        self.assertRegex(fact, r"^[1-9]\d* process(es)? with the library$")
        self.assertRegex(
            checks["running with the library", "without it"][1],
            r"^\d+ process(es)?: started before /etc/ld.so.preload named it, or static$",
        )

    def test_without_proc(self):
        outcome = execute(
            "unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"',
            "sh", SEALWAX, "doctor", "--strict", "--json",
        )
        document = json.loads(outcome.out)
        self.assertIn(outcome.code, (1, 2))
        found = {(check["group"], check["check"]): check["state"] for check in document["checks"]}
        self.assertEqual(found["kernel", "mseal"], "ok")
        self.assertEqual(found["kernel", "PROCMAP_QUERY"], "unknown")
        self.assertEqual(found["proc", "/proc"], "finding")


if __name__ == "__main__":
    main_as_root()
