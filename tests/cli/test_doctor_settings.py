# SPDX-License-Identifier: Apache-2.0
"""sealwax doctor: the policy, /etc/ld.so.preload, and what is open beside sealing."""

import gzip
import json
import os

from doctor_system import PLACE, System
from rights import AS_NOBODY, main_as_root, within_reach
from support import COMMANDS, execute, sealwax


class Policy(System):
    PATH = "/etc/sealwax/policy.conf"

    def test_missing(self):
        self.remove(self.PATH)
        self.assertEqual(
            self.told("policy", "policy"),
            f"no {self.root}{self.PATH}: the built-in default holds",
        )

    def test_mistake(self):
        self.put(self.PATH, "sealwax-policy 1\n[defaults]\nseal = texts\n")
        self.assertEqual(
            self.find("policy", "policy"),
            (
                f"{self.root}{self.PATH}:3:8: unknown region: there are text, rodata, relro, gaps, "
                "data, vdso and stack ('texts')",
                "correct it; until then nothing is sealed: the built-in default only observes",
            ),
        )

    def test_too_large(self):
        self.put(self.PATH, "sealwax-policy 1\n" + "#\n" * (1 << 19))
        self.assertEqual(
            self.find("policy", "policy")[0], f"{self.root}{self.PATH} is larger than 1 MiB"
        )

    def test_fifo(self):
        self.remove(self.PATH)
        os.mkfifo(self.path("root" + self.PATH), 0o644)
        self.assertEqual(
            self.find("policy", "policy")[0], f"{self.root}{self.PATH} is not a regular file"
        )

    def test_modes(self):
        for mode, fact, remedy in (
            (
                0o640,
                "mode 0640: other users' programs cannot read it, and in those nothing is "
                "sealed: the built-in default only observes",
                f"chmod 0644 {self.root}{self.PATH}",
            ),
            (
                0o666,
                f"{self.root}{self.PATH} has mode 0666, so that everybody may write there: "
                "whoever may write the policy says what is sealed, and setuid programs ignore it",
                "give the file and its folders to root, and chmod go-w",
            ),
        ):
            os.chmod(self.path("root" + self.PATH), mode)
            self.assertEqual(self.find("policy", "owner and mode"), (fact, remedy))

    def test_link_stays_in_the_root(self):
        self.remove(self.PATH)
        self.put("/etc/own", "sealwax-policy 2\n")
        os.symlink("/etc/own", self.path("root" + self.PATH))
        self.assertEqual(
            self.find("policy", "policy")[0],
            f"{self.root}{self.PATH}:1:16: this version reads 'sealwax-policy 1' only ('2')",
        )

    def test_what_may_not_be_read_is_unknown(self):
        os.chmod(self.path("root/etc/sealwax"), 0o700)
        tool = within_reach(self.folder, COMMANDS)
        outcome = execute(tool, "doctor", "--strict", "--json", "--root", self.root, **AS_NOBODY)
        self.assertEqual((outcome.code, outcome.err), (2, ""))
        self.assertEqual(
            [check for check in json.loads(outcome.out)["checks"] if not check["ok"]],
            [
                {
                    "group": "policy",
                    "check": "policy",
                    "ok": False,
                    "state": "unknown",
                    "fact": f"cannot open {self.root}{self.PATH}: Permission denied",
                    "remedy": "look as root",
                }
            ],
        )


class OtherLoader(System):
    def test_its_list_is_told_of(self):
        loader = os.environ["SEALWAX_TEST_LOADER"]
        self.put(loader, "\0/opt/x/etc/ld.so.preload\0")
        self.assertEqual(
            self.told("/etc/ld.so.preload", "loader", "note"),
            f"{loader} reads /opt/x/etc/ld.so.preload, and what /etc/ld.so.preload says does not "
            "reach its programs",
        )


class PreloadList(System):
    GROUP = "/etc/ld.so.preload"

    def entries(self, text):
        """The exit code, and states and facts of the entries, in the order of the document."""
        self.put(self.GROUP, text)
        outcome = sealwax("doctor", "--strict", "--json", "--root", self.root)
        return outcome.code, [
            (check["state"], check["check"], check["fact"])
            for check in json.loads(outcome.out)["checks"]
            if check["group"] == self.GROUP and check["check"] != "owner and mode"
        ]

    def test_the_entry_in_all_its_places(self):
        self.put("/usr/lib/other.so", "")
        ours = ("ok", "entry", f"{PLACE} is preloaded into every program")
        other = ("note", "other entry", "/usr/lib/other.so is preloaded too")
        for text, expected in (
            (PLACE, [ours]),
            (f"{PLACE} # sealed\n", [ours]),
            (f"#{PLACE}#\n\n\t{PLACE}\n", [ours]),
            (f"{PLACE}:/usr/lib/other.so\n", [ours, other]),
            (f"/usr/lib/other.so\t{PLACE}", [other, ours]),
            (f"/usr/lib/other.so\n{PLACE}#/usr/lib/gone.so\n", [other, ours]),
        ):
            with self.subTest(text=text):
                self.assertEqual(self.entries(text), (0, expected))

    def test_other_entries_alone(self):
        self.put("/usr/lib/other.so", "")
        none = (
            "note",
            "entry",
            "libsealwax.so is not in it: only what preloads it by itself is sealed",
        )
        self.assertEqual(self.entries(""), (0, [none]))
        self.assertEqual(
            self.entries("/usr/lib/other.so other.so\n"),
            (
                0,
                [
                    ("note", "other entry", "/usr/lib/other.so is preloaded too"),
                    ("note", "other entry", "other.so has no path, and ld.so searches for it"),
                    none,
                ],
            ),
        )

    def test_lib_token(self):
        for token in ("$LIB", "${LIB}"):
            code, checks = self.entries(f"/usr/{token}/libsealwax.so\n")
            self.assertEqual(
                (code, checks),
                (0, [("ok", "entry", f"/usr/{token}/libsealwax.so is preloaded into every program")]),
            )
            _, found = self.doctor()
            self.assertEqual(found["library", "path"][1], self.root + PLACE)

    def test_missing_files(self):
        for entry, name, remedy in (
            ("/opt/gone.so", "other entry", "remove the entry, or install what it names"),
            ("/opt/libsealwax.so", "entry", "install the library there, or remove the entry"),
        ):
            self.put(self.GROUP, entry)
            code, checks = self.doctor("--library", PLACE)
            self.assertEqual((code, checks[self.GROUP, name][0]), (1, "finding"))
            fact = (
                f"{entry} cannot be opened (No such file or directory): every program that "
                "starts prints an error line"
            )
            self.assertEqual(checks[self.GROUP, name][1:], (fact, remedy))

    def test_relative_entry(self):
        for entry, name in (("libsealwax.so", "entry"), ("lib/x.so", "other entry")):
            code, checks = self.entries(entry)
            self.assertEqual(code, 1)
            self.assertEqual(
                checks[0],
                (
                    "finding",
                    name,
                    f"{entry} is no absolute path: which file it is depends on the program's "
                    "folder or its search path",
                ),
            )

    def test_twice(self):
        code, checks = self.entries(f"{PLACE} {PLACE}")
        self.assertEqual(
            (code, checks[2:]), (1, [("finding", "entry", "libsealwax.so is in it 2 times")])
        )

    def test_modes(self):
        for mode, fact, remedy in (
            (
                0o600,
                "mode 0600: other users' programs do not read it",
                f"chmod 0644 {self.root}{self.GROUP}",
            ),
            (
                0o666,
                f"{self.root}{self.GROUP} has mode 0666, so that everybody may write there: "
                "whoever may write it has every program load what they like",
                "give the file and its folder to root, and chmod go-w",
            ),
        ):
            os.chmod(self.path("root" + self.GROUP), mode)
            self.assertEqual(self.find(self.GROUP, "owner and mode"), (fact, remedy))


class BesideSealing(System):
    GROUP = "beside sealing"
    OPEN = "a process can write to its own sealed memory, whatever its protection"

    def memory(self, command_line, config=None):
        self.put("/proc/cmdline", command_line)
        if config is not None:
            with gzip.open(self.path("root/proc/config.gz"), "wt") as file:
                file.write(config)
        _, checks = self.doctor()
        return checks[self.GROUP, "/proc/PID/mem"][:2]

    def test_memory_files_by_command_line(self):
        never = ("ok", "no write reaches read-only memory")
        ptrace = ("ok", "only a debugger's writes reach read-only memory")
        option = "proc_mem.force_override="
        self.assertEqual(self.memory(f"{option}never"), never)
        self.assertEqual(self.memory(f"quiet {option}ptrace\n"), ptrace)
        self.assertEqual(self.memory(f"{option}never {option}always\n"), ("finding", self.OPEN))
        self.assertEqual(self.memory(f"x{option}never")[0], "unknown")

    def test_memory_files_by_the_configuration_beside_kernel_or_modules(self):
        """As packages have it where the kernel itself does not tell."""
        release = os.uname().release
        for path in (f"/boot/config-{release}", f"/usr/lib/modules/{release}/config"):
            self.put("/proc/cmdline", "quiet\n")
            self.put(path, "CONFIG_X=y\nCONFIG_PROC_MEM_NO_FORCE=y\n")
            self.assertEqual(
                self.told("beside sealing", "/proc/PID/mem"), "no write reaches read-only memory"
            )
            self.remove(path)
            self.assertEqual(self.doctor()[1]["beside sealing", "/proc/PID/mem"][0], "unknown")

    def test_memory_files_by_configuration(self):
        def config(option):
            return f"CONFIG_X=y\nCONFIG_PROC_MEM_{option}=y\n# CONFIG_PROC_MEM_Y is not set\n"

        never = ("ok", "no write reaches read-only memory")
        ptrace = ("ok", "only a debugger's writes reach read-only memory")
        self.assertEqual(self.memory("quiet", config("NO_FORCE")), never)
        self.assertEqual(self.memory("quiet", config("FORCE_PTRACE")), ptrace)
        self.assertEqual(self.memory("quiet", config("ALWAYS_FORCE")), ("finding", self.OPEN))
        self.assertEqual(
            self.memory("proc_mem.force_override=never", config("ALWAYS_FORCE")), never
        )

    def test_memory_files_of_which_nothing_is_said(self):
        self.put("/proc/cmdline", "quiet\n")
        self.assertEqual(
            self.find(self.GROUP, "/proc/PID/mem"),
            (
                "neither the kernel's command line nor its configuration says whether writes "
                "reach read-only memory",
                "boot with proc_mem.force_override=never (Linux 6.12 and later); debuggers that "
                "set breakpoints by it then need =ptrace",
            ),
        )

    def test_ptrace_scope(self):
        for value, fact in (
            ("1", "1: a process may trace its own children only"),
            ("2", "2: only those with CAP_SYS_PTRACE may trace"),
            ("3", "3: nobody may trace"),
        ):
            self.put("/proc/sys/kernel/yama/ptrace_scope", value + "\n")
            self.assertEqual(self.told(self.GROUP, "ptrace_scope"), fact)

    def test_kernel_without_yama(self):
        self.remove("/proc/sys/kernel/yama/ptrace_scope")
        self.assertEqual(
            self.find(self.GROUP, "ptrace_scope"),
            (
                "this kernel runs without Yama: a process may trace any other of its user, and "
                "write to what is sealed in it",
                "boot a kernel with CONFIG_SECURITY_YAMA, with yama in lsm=, and set "
                "kernel.yama.ptrace_scope = 1",
            ),
        )

    def test_userfaultfd(self):
        path = "/proc/sys/vm/unprivileged_userfaultfd"
        self.put(path, "1\n")
        self.assertEqual(
            self.find(self.GROUP, "userfaultfd"),
            (
                "any process may fill sealed anonymous pages that nothing has touched yet, the "
                "kernel's accesses included",
                "set vm.unprivileged_userfaultfd = 0 in a file in /etc/sysctl.d",
            ),
        )
        self.put(path, "0\n")
        self.assertEqual(
            self.told(self.GROUP, "userfaultfd", "note"),
            "a process may still fill its own sealed anonymous pages that nothing has touched yet "
            "(UFFD_USER_MODE_ONLY)",
        )
        self.put("/dev/userfaultfd", "", 0o666)
        self.assertEqual(
            self.find(self.GROUP, "userfaultfd"),
            ("any process may open /dev/userfaultfd", "chmod 0600 /dev/userfaultfd"),
        )


if __name__ == "__main__":
    main_as_root()
