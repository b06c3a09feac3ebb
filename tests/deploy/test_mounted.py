# SPDX-License-Identifier: Apache-2.0
"""install and uninstall while a unit has a file of its own mounted over /etc/ld.so.preload: the kernel
takes such a mount away, in every namespace, where what is below it is replaced or removed."""

import os
import subprocess
import unittest

from deploying import PRELOAD, RESCUE, SEALWAX, System, execute
from rights import main_as_root

OWN = "/usr/$LIB/libsealwax.so"
UNITS_OWN = "# the unit's own\n"
# $0 is mounted over $1, which is then read as often as a line comes.
HOLDER = """
mount --bind "$0" "$1" && echo mounted && while read line; do head -n 1 "$1"; done
"""


class Mounted(System):
    def setUp(self):
        super().setUp()
        self.write_preload("")
        os.makedirs(self.path("etc/systemd/system/demo.service.d"))
        self.list = self.write("etc/systemd/system/demo.service.d/50-sealwax.preload", UNITS_OWN)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def write_drop_in(self):
        inside = "/etc/systemd/system/demo.service.d/50-sealwax.preload"
        self.write(
            "etc/systemd/system/demo.service.d/50-sealwax.conf",
            f"[Service]\nBindReadOnlyPaths={inside}:/etc/ld.so.preload\n",
        )

    def start_holder(self):
        """A process in whose mounts the unit's file lies over the system's."""
        holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", HOLDER, self.list, self.path(PRELOAD)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        self.addCleanup(holder.communicate)
        self.assertEqual(holder.stdout.readline(), "mounted\n")
        return holder

    def seen_by(self, holder):
        holder.stdin.write("\n")
        return holder.stdout.readline()

    def test_replaced_file_takes_the_mount_with_it(self):
        """Without a drop-in nobody knows of the mount in another system's folder."""
        holder = self.start_holder()
        self.assertEqual(self.seen_by(holder), UNITS_OWN)
        self.assertEqual(self.sealwax("install").code, 0)
        self.assertEqual(self.seen_by(holder), f"{OWN}\n")

    def test_mount_stays_over_a_file_that_is_changed_in_place(self):
        self.write_drop_in()
        holder = self.start_holder()
        for before, after in (
            ("", f"{OWN}\n"), ("# note", f"# note\n{OWN}\n"), ("/x.so\n", f"/x.so\n{OWN}\n")
        ):  # fmt: skip
            self.write_preload(before)
            inode = os.stat(self.path(PRELOAD)).st_ino
            self.assertEqual(self.sealwax("install").code, 0)
            self.assertEqual(self.read_preload(), after)
            outcome = self.sealwax("uninstall")
            self.assertEqual(
                (outcome.code, outcome.out),
                (0, f"uninstalled: blanks took the library's place in {self.path(PRELOAD)}, over "
                    "which units have a file of their own (demo.service); what starts from now on "
                    "is not sealed\n"),
            )  # fmt: skip
            self.assertEqual(self.read_preload(), after.replace(OWN, " " * len(OWN)))
            self.assertEqual(os.stat(self.path(PRELOAD)).st_ino, inode)
            self.assertEqual(self.seen_by(holder), UNITS_OWN)

    def test_file_does_not_grow_by_what_was_blanked_out(self):
        self.write_drop_in()
        holder = self.start_holder()
        self.write_preload("/x.so\n")
        for _ in range(3):
            self.assertEqual(self.sealwax("install").code, 0)
            self.assertEqual(self.read_preload(), f"/x.so\n{OWN}\n")
            self.assertEqual(self.sealwax("uninstall").code, 0)
        self.assertEqual(self.seen_by(holder), UNITS_OWN)

    def test_mount_stays_where_rescue_takes_the_entry_out(self):
        holder = self.start_holder()
        self.write_preload(f"/x.so\n{OWN}\n")
        inode = os.stat(self.path(PRELOAD)).st_ino
        blanks = " " * len(OWN)
        self.check(
            execute(RESCUE, "--root", self.root),
            0,
            "units have a file of their own mounted there; wrote blanks over libsealwax.so in "
            f"{self.path(PRELOAD)}\n",
        )
        self.assertEqual(self.read_preload(), f"/x.so\n{blanks}\n")
        self.assertEqual(os.stat(self.path(PRELOAD)).st_ino, inode)
        self.assertEqual(self.seen_by(holder), UNITS_OWN)

    def test_rescue_replaces_the_file_where_no_unit_has_its_own(self):
        os.remove(self.list)
        self.write_preload(f"/x.so\n{OWN}\n")
        self.check(
            execute(RESCUE, "--root", self.root),
            0,
            f"took libsealwax.so out of {self.path(PRELOAD)}\n",
        )
        self.assertEqual(self.read_preload(), "/x.so\n")

    def test_change_in_the_midst_of_the_file_replaces_it(self):
        self.write_drop_in()
        self.write_preload(f"{self.installed} # note\n")
        inode = os.stat(self.path(PRELOAD)).st_ino
        self.assertEqual(self.sealwax("install").code, 0)
        self.assertEqual(self.read_preload(), f"{OWN} # note\n")
        self.assertNotEqual(os.stat(self.path(PRELOAD)).st_ino, inode)


class Inside(unittest.TestCase):
    def test_in_such_mounts_both_say_where_they_are(self):
        script = 'printf "#\\n" >"$0/own" && touch "$0/systems" && : >>/etc/ld.so.preload && ' \
                 'mount --bind "$0/own" /etc/ld.so.preload && exec "$1" "$2"'
        # An /etc of the test's own, which the first process of a namespace keeps.
        outer = 'mount -t tmpfs none /etc && mount -t tmpfs none /mnt && unshare --mount sh -c ' \
                '"$0" /mnt "$1" "$2"'
        for command in ("install", "uninstall"):
            outcome = execute("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
                              "sh", "-c", outer, script, SEALWAX, command)
            self.assertEqual((outcome.code, outcome.out), (2, ""))
            self.assertRegex(outcome.err, "^sealwax: the /etc/ld.so.preload here is .*'s own, and "
                             "not the system's; run this outside of it\n$")


if __name__ == "__main__":
    main_as_root()
