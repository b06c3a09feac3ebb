# SPDX-License-Identifier: Apache-2.0
"""sealwax learn where rights matter. Run as root, or through sudo where it asks nothing."""

import os
import shutil
import tempfile

from rights import AS_NOBODY, NOBODY, main_as_root, within_reach
from support import COMMANDS, LIBRARY, SEALWAX, TestCase, execute, program, sealwax


class Rights(TestCase):
    def setuid_to(self, owner):
        path = self.copy(program("greet"), "greet")
        os.chown(path, owner, 0)
        os.chmod(path, 0o4755)
        return path

    def learn_as_nobody(self, *command, folder=None):
        tool, library = within_reach(folder or self.folder, COMMANDS, LIBRARY)
        return execute(tool, "learn", "--library", library, "--", *command, **AS_NOBODY)

    def test_setuid_program_that_a_program_starts(self):
        path = self.setuid_to(NOBODY)
        outcome = sealwax("learn", "--library", LIBRARY, "--", "sh", "-c", f"{path}; true")
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: {path} gained rights when it was executed: left out, since nothing is "
                "sealed in it\n"),
        )

    def test_setuid_program_without_its_rights(self):
        path = self.setuid_to(0)
        outcome = self.learn_as_nobody("sh", "-c", f"{path}; true")
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: {path} is setuid or setgid, and ran without these rights, as whatever "
                "is traced does; run sealwax learn as root\n"),
        )

    def test_user_learns_as_root_does(self):
        memory = tempfile.mkdtemp(prefix="sealwax-test-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, memory)
        os.chmod(memory, 0o755)
        for folder in self.folder, memory:
            with self.subTest(folder):
                path = within_reach(folder, program("against_seals"))
                outcome = self.learn_as_nobody(path, "open_tables", folder=folder)
                self.assertEqual((outcome.code, outcome.err), (1, ""))
                self.assertIn(f"\n[object {path}]\nonly-in = {path}\nseal = -relro\n", outcome.out)

    def test_program_that_may_not_be_read(self):
        path = self.copy(program("against_seals"), "against_seals", 0o711)
        outcome = self.learn_as_nobody("sh", "-c", f"{path} open_tables")
        self.assertEqual(
            (outcome.code, outcome.err),
            (1, "sealwax: against_seals may not be looked into, so that what its calls hit is not "
                "known; run sealwax learn as root\n"),
        )
        self.assertIn("\nwithout exception: 1, since no policy opens that\n", outcome.out)


class EveryProgram(TestCase):
    """With a real /etc/ld.so.preload, in a mount namespace."""

    def said(self, preload):
        path = program("greet")
        outcome = execute(
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o mode=0755 none /etc && "
            'printf %s "$0" >/etc/ld.so.preload && exec "$@"',
            preload, SEALWAX, "learn", "--library", LIBRARY,
            "--", "sh", "-c", f"env -u LD_PRELOAD {path}; true",
        )
        self.assertEqual(outcome.code, 0)
        return outcome.err.replace(path, "PROGRAM")

    def test_entry_reaches_every_program(self):
        self.assertEqual(self.said(LIBRARY), "")

    def test_comment_reaches_none(self):
        self.assertEqual(
            self.said(f"# {LIBRARY}"),
            "sealwax: PROGRAM was executed without LD_PRELOAD in its environment: left out, since "
            "nothing is sealed in it\n",
        )


class Namespace(TestCase):
    def test_without_its_own_proc(self):
        """There /proc/PID is somebody else."""
        true = shutil.which("true")
        self.check(
            execute("unshare", "--pid", "--fork", SEALWAX, "learn", "--library", LIBRARY, "--", true),
            2,
            err=f"sealwax: cannot follow {true}: /proc is missing, or is that of another PID "
                "namespace; mount it (mount -t proc proc /proc)\n",
        )


class SystemPolicy(TestCase):
    """/etc/sealwax/policy.conf, in a mount namespace with an /etc of its own."""

    def learn_under(self, policy, *options):
        return execute(
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs none /etc && mkdir /etc/sealwax && "
            'cp "$0" /etc/sealwax/policy.conf && exec "$@"',
            self.write("system", policy),
            SEALWAX, "learn", "--library", LIBRARY, *options,
            "--", program("against_seals"), "freeze_settings",
        )

    def test_it_is_what_is_learnt_from(self):
        system = "sealwax-policy 1\n[defaults]\nseal = data\nenvironment = deny\n"
        learnt = self.path("learnt")
        outcome = self.learn_under(system, "-o", learnt)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertIn("\npolicy: /etc/sealwax/policy.conf\n", outcome.out)
        with open(learnt, encoding="utf-8") as file:
            self.assertTrue(file.read().startswith(system + "\n# mprotect r-- of data, by "))
        # It takes no other policy on trial.
        self.assertTrue(outcome.out.endswith(f"\nnext: mv {learnt} /etc/sealwax/policy.conf\n"))

    def test_other_name_of_it_is_refused_too(self):
        other = self.path("other")
        os.symlink("/etc/sealwax/policy.conf", other)
        self.check(
            self.learn_under("sealwax-policy 1\n", "-o", other),
            2,
            err=f"sealwax: {other} is the policy that holds on this system; write to another "
            "file, read it, and mv it there\n",
        )


if __name__ == "__main__":
    main_as_root()
