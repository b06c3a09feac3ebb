# SPDX-License-Identifier: Apache-2.0
"""What takes two users or a namespace to try. Run as root, or through sudo where it asks nothing."""

import json
import os
import struct
from unittest.mock import ANY

from elf_maker import PAGE
from made_system import DATA, System
from rights import AS_NOBODY, NOBODY, main_as_root, within_reach
from support import (
    COMMANDS, LIBRARY, REGIONS, SEALWAX, TestCase, clean_environment, execute, program, run
)


class WithoutProc(TestCase):
    def without_proc(self, *command, **options):
        return execute("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh",
                       *command, **options)

    def test_process_is_not_said_to_have_ended(self):
        self.check(self.without_proc(SEALWAX, "status", "1"), 2,
                   err="sealwax: /proc is missing, or is that of another PID namespace; mount it "
                       "(mount -t proc proc /proc)\n")

    def test_library_is_found_beside_the_tool(self):
        tool = self.copy(COMMANDS, "bin/sealwax")
        self.copy(LIBRARY, "bin/libsealwax.so")
        self.check(self.without_proc(tool, "run", "--", program("greet")), 3, "hello\n")

    def test_library_in_the_working_directory_is_nobodys(self):
        tool = self.copy(COMMANDS, "bin/sealwax")
        self.copy(LIBRARY, "elsewhere/libsealwax.so")
        outcome = self.without_proc(tool, "run", "--", program("greet"), cwd=self.path("elsewhere"))
        self.assertEqual((outcome.code, outcome.out), (125, ""))
        self.assertIn(f"it is neither in {self.path('bin')} nor in ", outcome.err)


class Privileges(TestCase):
    """LD_PRELOAD does not reach programs that gain rights by being executed."""

    def greet(self, owner, group, mode):
        path = self.copy(program("greet"), "greet")
        os.chown(path, owner, group)
        os.chmod(path, mode)
        return path

    def check_both(self, path, what, **options):
        cause = f"{path} {what}, so that its loader ignores LD_PRELOAD"
        self.check(
            run(path, **options),
            3,
            "hello\n",
            f"sealwax: warning: {cause}; it runs unsealed (/etc/ld.so.preload reaches it)\n",
        )
        self.check(
            run(path, options=["--require"], **options),
            125,
            err=f"sealwax: {cause} (/etc/ld.so.preload reaches it); not running it (--require)\n",
        )

    def test_setuid(self):
        self.check_both(self.greet(NOBODY, 0, 0o4755), "is setuid")

    def test_setgid(self):
        self.check_both(self.greet(0, NOBODY, 0o2755), "is setgid")

    def test_setuid_to_the_one_that_runs_it(self):
        path = self.greet(0, 0, 0o6755)
        self.check(run(path, options=["--require"]), 3, "hello\n")

    def test_setgid_without_the_groups_execute_bit(self):
        self.check(run(self.greet(0, NOBODY, 0o2745)), 3, "hello\n")

    def test_file_capabilities(self):
        path = self.greet(0, 0, 0o755)
        # struct vfs_cap_data, revision 2, effective: CAP_NET_RAW (linux/capability.h)
        data = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
        os.setxattr(path, "security.capability", data)
        self.check(run(path), 3, "hello\n")  # root gains nothing by it
        tool, library = within_reach(self.folder, COMMANDS, LIBRARY)
        cause = f"{path} has file capabilities, so that its loader ignores LD_PRELOAD"
        self.check(
            execute(tool, "run", "--library", library, "--", path, **AS_NOBODY),
            3,
            "hello\n",
            f"sealwax: warning: {cause}; it runs unsealed (/etc/ld.so.preload reaches it)\n",
        )

    def test_no_new_privileges(self):
        """Then the kernel ignores the bits, and the program is sealed like any other."""
        path = self.greet(NOBODY, 0, 0o4755)
        self.check(
            execute(
                "setpriv", "--no-new-privs",
                SEALWAX, "run", "--library", LIBRARY, "--require", "--", path,
            ),
            3,
            "hello\n",
        )

    def test_program_that_may_not_be_read(self):
        path = self.greet(0, 0, 0o711)
        tool, library = within_reach(self.folder, COMMANDS, LIBRARY)
        self.check(
            execute(tool, "run", "--library", library, "--require", path, **AS_NOBODY),
            125,
            err=f"sealwax: {path} is no ELF file that you may read, so that its memory cannot be "
            "checked; not running it (--require)\n",
        )


class Unreadable(TestCase):
    """What may not be read is unknown, never open."""

    def setUp(self):
        super().setUp()
        self.tool = within_reach(self.folder, COMMANDS)
        self.process = self.start(program("layout"), ready="ready\n")
        self.message = (
            f"cannot read /proc/{self.process.pid}/smaps: Permission denied; "
            "it takes the right to trace the process, as root has"
        )

    def status(self, *arguments):
        return execute(self.tool, "status", *arguments, **AS_NOBODY)

    def test_table(self):
        rows = "".join(
            f"{region:6}  ?       unknown         ?       ?    ?           ?\n" for region in REGIONS
        )
        self.check(
            self.status(str(self.process.pid)),
            2,
            f"process {self.process.pid}: [layout]\n"
            "region  policy  state    mappings  sealed  KiB  KiB sealed\n" + rows,
            f"sealwax: {self.message}\n",
        )

    def test_json(self):
        outcome = self.status("--json", "--maps", str(self.process.pid))
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {self.message}\n"))
        self.assertEqual(
            json.loads(outcome.out),
            {
                "schema": "sealwax-status 1",
                "processes": [
                    {
                        "pid": self.process.pid,
                        "exe": None,
                        "unit": ANY,
                        "user": 0,
                        "readable": False,
                        "ok": False,
                        "policy": None,
                        "policy_known": False,
                        "notes": [],
                        "counts": None,
                        "wanted": [],
                        "observed": [],
                        "findings": [],
                        "verdict": "unknown",
                        "verdicts": {region: "unknown" for region in REGIONS},
                        "regions": {region: None for region in REGIONS},
                        "maps": [],
                    }
                ],
                "errors": [{"pid": self.process.pid, "message": self.message}],
                "ok": False,
            },
        )

    def test_among_all(self):
        outcome = self.status("--all")
        words = [line.split() for line in outcome.out.splitlines()]
        own = [line for line in words if line[:1] == [str(self.process.pid)]]
        self.assertEqual(own, [[str(self.process.pid), *["unknown"] * 7, "[layout]"]])
        self.assertRegex(
            outcome.err,
            r"^sealwax: \d+ process(es)? could not be read; it takes the right to trace them, as "
            r"root has\n$",
        )


class SystemPolicy(TestCase):
    """/etc/sealwax/policy.conf, in a mount namespace with an /etc of its own."""

    def inside(self, policy, *command):
        """`command` as it has to be run to see `policy` there."""
        policy = self.write("system", policy)
        return [
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs none /etc && mkdir /etc/sealwax && "
            'cp -p "$0" /etc/sealwax/policy.conf && exec "$@"',
            policy, *command,
        ]

    def status(self, policy, executable=None, **environment):
        process = self.start(
            *self.inside(policy, executable or program("layout")),
            ready="ready\n",
            env=clean_environment(**environment),
        )
        outcome = execute(SEALWAX, "status", "--json", str(process.pid))
        return outcome, json.loads(outcome.out)["processes"][0]

    def test_as_the_process_sees_it(self):
        _, found = self.status("sealwax-policy 1\n[program layout]\nseal = stack\n")
        self.assertEqual(
            (found["policy"], found["wanted"]), ("/etc/sealwax/policy.conf", ["stack"])
        )

    def test_environment_denied(self):
        own = self.write("own", "sealwax-policy 1\n[defaults]\nseal = text\n")
        system = "sealwax-policy 1\n[defaults]\nseal = data\n"
        _, found = self.status(system, SEALWAX_POLICY=own)
        self.assertEqual((found["policy"], found["wanted"]), (own, ["text"]))
        _, found = self.status(system + "environment = deny\n", SEALWAX_POLICY=own)
        self.assertEqual((found["policy"], found["wanted"]), ("/etc/sealwax/policy.conf", ["data"]))

    def test_environment_is_not_heeded_beside_a_broken_policy(self):
        """It may have said `deny`."""
        own = self.write("own", "sealwax-policy 1\n[defaults]\nseal = text\n")
        outcome, found = self.status("sealwax-policy 1\nseal = data\n", SEALWAX_POLICY=own)
        self.assertEqual(
            (found["policy"], found["observed"]),
            (None, ["text", "rodata", "relro", "gaps", "vdso"]),
        )
        self.assertEqual(
            outcome.err,
            f"sealwax: process {found['pid']}: /etc/sealwax/policy.conf:2:1: key before the first "
            "section ('seal'); nothing is sealed: the built-in default only observes\n",
        )

    def test_policy_that_came_after_the_start(self):
        process = self.start(
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs none /etc && mkdir /etc/sealwax && "
            f"LD_PRELOAD={LIBRARY} exec sh -c 'echo ready; read line'",
            ready="ready\n",
        )
        policy = f"/proc/{process.pid}/root/etc/sealwax/policy.conf"
        outcome = execute(SEALWAX, "status", "--json", str(process.pid))
        self.assertEqual(json.loads(outcome.out)["processes"][0]["notes"], [])
        with open(policy, "w", encoding="utf-8") as file:
            file.write("sealwax-policy 1\n[defaults]\nmode = off\n")
        outcome = execute(SEALWAX, "status", "--json", str(process.pid))
        found = json.loads(outcome.out)["processes"][0]
        self.assertEqual(
            (outcome.code, found["policy"], found["verdict"], found["notes"]),
            (0, None, "sealed", ["policy changed since it started"]),
        )

    def test_empty_variable_names_no_policy(self):
        system = "sealwax-policy 1\n[defaults]\nseal = data\n"
        _, found = self.status(system, SEALWAX_POLICY="")
        self.assertEqual((found["policy"], found["wanted"]), ("/etc/sealwax/policy.conf", ["data"]))

    def test_run_refuses_a_policy_without_effect(self):
        own = self.write("own", "sealwax-policy 1\n[defaults]\nseal = text\n")
        self.check(
            execute(
                *self.inside(
                    "sealwax-policy 1\n[defaults]\nenvironment = deny\n",
                    SEALWAX, "run", "--library", LIBRARY, "--policy", own, "--", program("greet"),
                )
            ),
            125,
            err="sealwax: /etc/sealwax/policy.conf says 'environment = deny', so that --policy has "
            "no effect; run without it\n",
        )

    def test_environment_of_a_privileged_program_is_not_heeded(self):
        layout = self.copy(program("layout"), "layout")
        os.chown(layout, NOBODY, 0)
        os.chmod(layout, 0o4755)
        own = self.write("own", "sealwax-policy 1\n[defaults]\nseal = text\n")
        system = "sealwax-policy 1\n[defaults]\nseal = data\n"
        _, found = self.status(system, layout, SEALWAX_POLICY=own)
        self.assertEqual((found["policy"], found["wanted"]), ("/etc/sealwax/policy.conf", ["data"]))

    def test_fifo_is_no_policy(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        process = self.start(
            program("layout"), ready="ready\n", env=clean_environment(SEALWAX_POLICY=fifo)
        )
        outcome = execute(SEALWAX, "status", "--json", str(process.pid))
        self.assertEqual(
            outcome.err,
            f"sealwax: process {process.pid}: cannot read the policy {fifo}: not a regular file; "
            "nothing is sealed: the built-in default only observes\n",
        )


class PartsOfThePolicy(TestCase):
    """With an /etc of its own, in a mount namespace."""

    def said(self, options, part):
        outcome = execute(
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o mode=0755 none /etc && mkdir -p /etc/sealwax/policy.d && "
            'printf %s "$0" >/etc/sealwax/policy.d/a.conf && exec "$@"',
            part, SEALWAX, "status", *options,
        )
        return [line for line in outcome.err.splitlines() if "policy apply" in line]

    def test_status_of_all_tells_where_they_are_not_in_force(self):
        part = "sealwax-policy 1\n[program /bin/none]\nmode = off\n"
        stale = ("sealwax: warning: /etc/sealwax/policy.conf does not say what "
                 "/etc/sealwax/policy.d says; run 'sealwax policy apply'")
        self.assertEqual(self.said(["--all"], part), [stale])
        self.assertEqual(self.said([str(os.getpid())], part), [])


class Plan(System):
    def test_file_capabilities(self):
        path = self.program(relro=(DATA, PAGE))
        # struct vfs_cap_data, revision 2, effective: CAP_NET_RAW
        os.setxattr(self.root + path, "security.capability",
                    struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0))
        self.assertIn(("file-capabilities", path), self.kinds(path))
        # Sealed all the same where /etc/ld.so.preload names the library.
        found = self.plan_json(path)[1]["programs"][0]
        self.assertNotEqual(found["regions"]["text"]["sealed_bytes"], 0)


if __name__ == "__main__":
    main_as_root()
