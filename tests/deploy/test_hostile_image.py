# SPDX-License-Identifier: Apache-2.0
"""install --root: what programs of a hostile image get at while they are tried, which is nothing of
the host. In a plain chroot, with the host's /proc and the like beside them, they get at all of it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile

from deploying import SEALWAX, System, execute, users_have_namespaces
from rights import AS_NOBODY, NOBODY, main_alone, within_reach

PROGRAM = os.environ["SEALWAX_HOSTILE_PROGRAM"]
MEMORY_KEY = 0x5EA1
TRIED = "/bin/true, /bin/true (by nobody), /bin/sh, /bin/su (setuid), /bin/cat"
# As often as install starts one: without the library and with it, and the shell starts one too.
USERS = 2 * ["user 0 as 0:", f"user {NOBODY} as {NOBODY}:", "user 0 as 0:", f"user {NOBODY} as 0:"]
ALL = [
    "the root directory of its parent", "the root directory of PID 1", "the way out of a chroot",
    "the program of PID 1", "the descriptors of PID 1", "PID 1 by ptrace", "an inherited descriptor",
    "a standard stream that is no pipe", "a capability", "a new device", "a new file in /dev",
    "the mode of /dev/null", "a kernel setting", "the kernel's /sys", "a mount", "a listener's port",
    "a listener's abstract socket", "a listener's socket in /run", "shared memory",
    "the host's name", "a process",
]
# What somebody who mounted an image may have shown to it, for a chroot.
SHOW_THE_HOST = (
    'mount --rbind /proc "$0/proc" && mount -t tmpfs dev "$0/dev" && mknod -m 666 "$0/dev/null" c 1 3 '
    '&& mount --rbind /sys "$0/sys" && mount --bind "$1" "$0/run" && shift && exec "$@"'
)


def listening(family, address):
    one = socket.socket(family)
    one.bind(address)
    one.listen()
    return one


class HostileImage(System):
    PROGRAMS = ("/bin/sh", "/bin/cat")

    def setUp(self):
        super().setUp()
        for folder in ("sys", "run"):
            os.mkdir(self.path(folder))
        self.add_program(PROGRAM, "/bin/true")
        self.add_program(PROGRAM, "/bin/su")
        os.chmod(self.path("bin/su"), 0o4755)
        self.host = tempfile.mkdtemp(prefix="sealwax-host-")
        os.chmod(self.host, 0o755)
        self.addCleanup(shutil.rmtree, self.host)
        self.make_targets()

    def make_targets(self):
        secret = os.path.join(self.host, "secret")
        with open(secret, "w", encoding="utf-8"):
            pass
        port = listening(socket.AF_INET, ("127.0.0.1", 0))
        abstract = f"sealwax-test-{os.path.basename(self.root)}"
        for one in (port, listening(socket.AF_UNIX, "\0" + abstract),
                    listening(socket.AF_UNIX, os.path.join(self.host, "listener"))):
            self.addCleanup(one.close)
        self.make_shared_memory()
        self.victim = self.process_with_a_number_of_the_hosts_own()
        target = [secret, socket.gethostname(), abstract, self.victim.pid, port.getsockname()[1],
                  MEMORY_KEY]
        with open(self.path("target"), "w", encoding="utf-8") as file:
            file.write("\n".join(map(str, target)))
        with open(self.path("found"), "w", encoding="utf-8"):
            pass
        os.chmod(self.path("found"), 0o666)

    def make_shared_memory(self):
        made = subprocess.run(
            ["perl", "-e", f"exit(defined shmget({MEMORY_KEY}, 4096, 01666) ? 0 : 1)"], check=False
        )
        self.assertEqual(made.returncode, 0)
        remove = f"shmctl(shmget({MEMORY_KEY}, 0, 0), 0, 0)"  # IPC_RMID
        self.addCleanup(subprocess.run, ["perl", "-e", remove], check=True)

    def process_with_a_number_of_the_hosts_own(self):
        """Those in the image's PID namespace have the small ones."""
        while True:
            process = subprocess.Popen(["sleep", "300"])
            if process.pid > 200:
                self.addCleanup(process.wait)
                self.addCleanup(process.kill)
                return process
            process.kill()
            process.wait()

    def beside_the_host(self, *command, **options):
        """Runs a command that finds the image with what the host has of /proc, /dev, /sys and /run in
        it, and inherits descriptors of the host's."""
        handed = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, handed)
        for number in (handed, 500, 1023):
            os.dup2(handed, number)
            os.set_inheritable(number, True)
        return execute(
            "unshare", "--mount", "sh", "-c", SHOW_THE_HOST, self.root, self.host, *command,
            close_fds=False, **options,
        )

    def found(self):
        with open(self.path("found"), encoding="utf-8") as file:
            return file.read().splitlines()

    def test_in_a_plain_chroot_everything_is_reached(self):
        outcome = self.beside_the_host("chroot", self.root, "/bin/true")
        self.check(outcome, 0)
        self.assertEqual(self.found(), ["user 0 as 0:", *ALL])
        self.assertEqual(self.victim.wait(), -signal.SIGTERM)

    def test_while_it_is_tried_nothing_is_reached(self):
        outcome = self.beside_the_host(SEALWAX, "install", "--root", self.root)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn(f"tried: {TRIED}\n", outcome.out)
        self.assertEqual(self.found(), USERS)
        self.assertIsNone(self.victim.poll())

    def test_nor_by_another_user(self):
        """Who has a namespace of users for it, and so no other user, nor a setuid program."""
        tool = within_reach(self.host, SEALWAX)
        outcome = execute(tool, "install", "--dry-run", "--root", self.root, **AS_NOBODY)
        if users_have_namespaces():
            self.assertEqual((outcome.code, outcome.err), (0, ""))
            self.assertIn("tried: /bin/true, /bin/sh, /bin/cat\n", outcome.out)
            self.assertEqual(self.found(), 4 * ["user 0 as 0:"])
        self.assertIsNone(self.victim.poll())
        self.assertIsNone(self.read_preload())

    def test_where_there_can_be_no_namespace(self):
        tool = within_reach(self.host, SEALWAX)
        outcome = execute(
            within_reach(self.host, os.environ["SEALWAX_TEST_FILTER"]), "unshare=EPERM", "--", tool,
            "install", "--root", self.root, **AS_NOBODY,
        )
        self.check(
            outcome, 2, f"library: {self.installed}\n",
            "sealwax: cannot make namespaces of its own for the trial: Operation not permitted; run "
            "it as root, where namespaces are allowed\n",
        )
        self.assertEqual(self.found(), [])
        self.assertIsNone(self.read_preload())

    def test_what_a_program_leaves_behind(self):
        """It ends with the trial."""
        self.add_program("/bin/sleep")
        os.rename(self.path("bin/sh"), self.path("bin/real"))
        with open(self.path("leave.c"), "w", encoding="utf-8") as file:
            file.write(
                "#include <unistd.h>\nint main(void) {\n  if (fork() == 0) {\n    setsid();\n"
                '    execl("/bin/sleep", "sleep", "4242", (char*)0);\n  }\n  return 3;\n}\n'
            )
        execute("cc", "-o", self.path("bin/sh"), self.path("leave.c"))
        outcome = self.sealwax("install")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        found = execute("pgrep", "--full", "sleep 4242")
        self.assertEqual((found.code, found.out), (1, ""))


if __name__ == "__main__":
    main_alone()
