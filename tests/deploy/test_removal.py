# SPDX-License-Identifier: Apache-2.0
"""uninstall and sealwax-rescue: the same removal, tried on the same files."""

import os
import stat

from deploying import PRELOAD, RESCUE, SEALWAX, TestCase, execute
from rights import AS_NOBODY, NOBODY, main_as_root, within_reach

OWN = "/usr/$LIB/libsealwax.so"


class Removal:
    """The claims; the two classes at the end say what each program prints."""

    def remove(self, *options, tool=None, **rest):
        raise NotImplementedError

    def said(self, what):
        raise NotImplementedError

    def test_every_place_of_the_entry(self):
        for before, after in (
            (f"{OWN}\n", None),
            (OWN, None),
            (f" \t{OWN}", None),
            (f"{OWN}\n/lib/other.so\n", "/lib/other.so\n"),
            (f"/lib/other.so\n{OWN}\n# note\n", "/lib/other.so\n# note\n"),
            (f"/lib/other.so\n{OWN}", "/lib/other.so\n"),
            (f"/lib/other.so {OWN}:/lib/third.so # note", "/lib/other.so:/lib/third.so # note"),
            (f"{OWN}\n/opt/libsealwax.so\n# note", "# note"),
        ):
            self.write_preload(before)
            self.check(self.remove(), 0, self.said("removed"))
            self.assertEqual(self.read_preload(), after)
            self.check(self.remove(), 0, self.said("none"))
            self.assertEqual(self.read_preload(), after)

    def test_nothing_of_its_own(self):
        for text in (None, "", "\n", "/lib/other.so", f"# {OWN}\n"):
            if text is not None:
                self.write_preload(text)
            before = self.preload_status()
            self.check(self.remove(), 0, self.said("none"))
            self.assertEqual(self.read_preload(), text)
            self.assertEqual(self.preload_status(), before)

    def test_without_etc(self):
        os.rmdir(self.path("etc"))
        self.check(self.remove(), 0, self.said("none"))

    def test_mode_and_owner_stay(self):
        self.write_preload(f"{OWN} /lib/other.so\n", 0o640)
        os.chown(self.path(PRELOAD), NOBODY, 7)
        self.check(self.remove(), 0, self.said("removed"))
        status = os.stat(self.path(PRELOAD))
        self.assertEqual(
            (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o640, NOBODY, 7)
        )

    def test_leftover_of_a_killed_one_is_no_obstacle(self):
        self.write_preload(f"{OWN} /lib/other.so\n")
        with open(self.path(PRELOAD + ".sealwax-new"), "w", encoding="utf-8") as file:
            file.write("half")
        self.check(self.remove(), 0, self.said("removed"))
        self.assertEqual(os.listdir(self.path("etc")), ["ld.so.preload"])
        self.assertEqual(self.read_preload(), "/lib/other.so\n")

    def test_links_do_not_lead_out_of_the_root(self):
        """An absolute link means below the root. The link goes, what it led to stays."""
        os.makedirs(self.path("srv"))
        with open(self.path("srv/list"), "w", encoding="utf-8") as file:
            file.write(f"/lib/other.so {OWN}\n")
        os.symlink("/srv/list", self.path(PRELOAD))
        self.check(self.remove(), 0, self.said("removed"))
        self.assertFalse(os.path.islink(self.path(PRELOAD)))
        self.assertEqual(self.read_preload(), "/lib/other.so\n")
        with open(self.path("srv/list"), encoding="utf-8") as file:
            self.assertEqual(file.read(), f"/lib/other.so {OWN}\n")

    def test_etc_that_is_a_link(self):
        os.rename(self.path("etc"), self.path("real"))
        os.symlink("/real", self.path("etc"))
        os.makedirs(self.path("real"), exist_ok=True)
        with open(self.path("real/ld.so.preload"), "w", encoding="utf-8") as file:
            file.write(OWN)
        self.check(self.remove(), 0, self.said("removed"))
        self.assertEqual(os.listdir(self.path("real")), [])

    def test_full_disk(self):
        """There is no room for another file, so the entry is blanked where it is."""
        self.mount_tmpfs("-o", "size=16k")
        self.write_preload(f"/lib/other.so {OWN} # note\n")
        self.fill_etc()
        self.check(self.remove(), 0, self.said("blanked"))
        self.assertEqual(self.read_preload(), f"/lib/other.so {' ' * len(OWN)} # note\n")
        self.assertEqual(sorted(os.listdir(self.path("etc"))), ["filler", "ld.so.preload"])
        self.check(self.remove(), 0, self.said("none"))

    def test_full_disk_and_no_other_entry(self):
        self.mount_tmpfs("-o", "size=16k")
        self.write_preload(f"{OWN}\n")
        self.fill_etc()
        self.check(self.remove(), 0, self.said("removed"))
        self.assertIsNone(self.read_preload())

    def fill_etc(self):
        with open(self.path("etc/filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def test_read_only_file_system(self):
        self.mount_tmpfs()
        for text in (f"{OWN}\n", f"{OWN}\n/lib/other.so\n"):
            self.write_preload(text)
            execute("mount", "-o", "remount,ro", self.path("etc"))
            outcome = self.remove()
            self.assertEqual((outcome.code, outcome.out), (2, ""))
            self.assertIn("Read-only file system; make the file system writable", outcome.err)
            self.assertEqual(self.read_preload(), text)
            execute("mount", "-o", "remount,rw", self.path("etc"))

    def test_what_is_no_file(self):
        os.mkdir(self.path(PRELOAD))
        outcome = self.remove()
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("etc/ld.so.preload: Is a directory; ", outcome.err)
        os.rmdir(self.path(PRELOAD))
        os.mkfifo(self.path(PRELOAD))
        outcome = self.remove()
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("etc/ld.so.preload: Invalid argument; ", outcome.err)

    def test_large_file_is_left_alone(self):
        text = f"{OWN}\n" + "#" * 70_000
        self.write_preload(text)
        outcome = self.remove()
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn("etc/ld.so.preload: File too large; ", outcome.err)
        self.assertEqual(self.read_preload(), text)

    def test_by_another_user(self):
        self.write_preload(f"{OWN} /lib/other.so\n")
        outcome = self.remove(tool=within_reach(self.root, self.TOOL), **AS_NOBODY)
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn(
            "cannot create %s/etc/ld.so.preload.sealwax-new: Permission denied; run it as root"
            % self.root,
            outcome.err,
        )
        self.assertEqual(self.read_preload(), f"{OWN} /lib/other.so\n")

    def test_root_that_is_none(self):
        os.rmdir(self.path("etc"))
        os.rmdir(self.root)
        self.addCleanup(os.mkdir, self.root)
        outcome = self.remove()
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn(f"cannot open {self.root}: No such file or directory; ", outcome.err)

    def test_root_that_is_a_file(self):
        os.rmdir(self.path("etc"))
        os.rmdir(self.root)
        self.addCleanup(os.mkdir, self.root)
        with open(self.root, "w", encoding="utf-8"):
            self.addCleanup(os.unlink, self.root)
        outcome = self.remove()
        self.assertEqual((outcome.code, outcome.out), (2, ""))
        self.assertIn(f"cannot open {self.root}: Not a directory; it has to be a folder\n", outcome.err)


class Uninstall(Removal, TestCase):
    TOOL = SEALWAX

    def remove(self, *options, tool=TOOL, **rest):
        return execute(tool, "uninstall", "--root", self.root, *options, **rest)

    def said(self, what):
        path = self.path(PRELOAD)
        return {
            "removed": f"uninstalled: {path} no longer has the library; what starts from now on is "
            "not sealed\n",
            "blanked": "uninstalled: the disk is full, so that blanks took the library's place in "
            f"{path}; what starts from now on is not sealed\n",
            "none": f"nothing to do: {path} does not have the library\n",
        }[what]

    def test_dry_run_shows_and_changes_nothing(self):
        text = f"# one\n/lib/other.so\n{OWN}\n# two\n\n#three\n#four"
        self.write_preload(text)
        path = self.path(PRELOAD)
        self.check(
            self.remove("--dry-run"),
            0,
            f"--- {path}\n+++ {path}\n@@ -1,6 +1,5 @@\n # one\n /lib/other.so\n-{OWN}\n"
            " # two\n \n #three\nnot changed (--dry-run)\n",
        )
        self.assertEqual(self.read_preload(), text)

    def test_dry_run_without_a_newline_at_the_end(self):
        self.write_preload(f"/lib/other.so\t{OWN}")
        path = self.path(PRELOAD)
        self.check(
            self.remove("--dry-run"),
            0,
            f"--- {path}\n+++ {path}\n@@ -1 +1 @@\n-/lib/other.so\t{OWN}\n"
            "\\ No newline at end of file\n+/lib/other.so\n\\ No newline at end of file\n"
            "not changed (--dry-run)\n",
        )

    def test_json(self):
        self.write_preload(f"{OWN}\n")
        path = self.path(PRELOAD)
        self.check(
            self.remove("--json"),
            0,
            "{\n"
            '  "schema": "sealwax-uninstall 1",\n'
            '  "ok": true,\n'
            '  "dry_run": false,\n'
            '  "changed": true,\n'
            f'  "file": "{path}",\n'
            f'  "diff": "--- {path}\\n+++ /dev/null\\n@@ -1 +0,0 @@\\n-{OWN}\\n",\n'
            '  "errors": []\n'
            "}\n",
        )
        self.assertIsNone(self.read_preload())

    def test_json_of_an_error(self):
        os.mkdir(self.path(PRELOAD))
        message = (
            f"cannot read {self.path(PRELOAD)}: Is a directory; it has to be a regular file"
        )
        self.check(
            self.remove("--json"),
            2,
            "{\n"
            '  "schema": "sealwax-uninstall 1",\n'
            '  "ok": false,\n'
            '  "dry_run": false,\n'
            '  "changed": false,\n'
            '  "diff": "",\n'
            '  "errors": [\n'
            f'    "{message}"\n'
            "  ]\n"
            "}\n",
            f"sealwax: {message}\n",
        )

    def test_wrong_usage(self):
        self.check(
            self.remove("--json", "everything"),
            64,
            "{\n"
            '  "schema": "sealwax-uninstall 1",\n'
            '  "ok": false,\n'
            '  "dry_run": false,\n'
            '  "changed": false,\n'
            '  "diff": "",\n'
            '  "errors": [\n'
            "    \"'everything' is one argument too many\"\n"
            "  ]\n"
            "}\n",
            "sealwax: 'everything' is one argument too many; 'sealwax uninstall "
            "--help' tells how to use it\n",
        )


class Rescue(Removal, TestCase):
    TOOL = RESCUE

    def remove(self, *options, tool=TOOL, **rest):
        return execute(tool, "--root", self.root, *options, **rest)

    def said(self, what):
        path = self.path(PRELOAD)
        return {
            "removed": f"took libsealwax.so out of {path}\n",
            "blanked": f"the disk is full; wrote blanks over libsealwax.so in {path}\n",
            "none": f"{path} has no entry for libsealwax.so\n",
        }[what]

    def test_check_tells_by_its_status_and_changes_nothing(self):
        self.check(self.remove("--check"), 0)
        self.write_preload(f"# {OWN}\n/lib/other.so\n")
        self.check(self.remove("--check"), 0)
        self.write_preload(f"/lib/other.so:{OWN}\n")
        self.check(self.remove("--check"), 1)
        self.assertEqual(self.read_preload(), f"/lib/other.so:{OWN}\n")

    def test_runs_in_a_root_that_holds_nothing_else(self):
        self.write_preload(f"{OWN}\n")
        with open(RESCUE, "rb") as source, open(self.path("rescue"), "wb") as copy:
            copy.write(source.read())
        os.chmod(self.path("rescue"), 0o755)
        self.check(
            execute("chroot", self.root, "/rescue"),
            0,
            "took libsealwax.so out of /etc/ld.so.preload\n",
        )
        self.assertIsNone(self.read_preload())

    def test_wrong_usage(self):
        hint = (
            "sealwax-rescue: it takes --root DIR and --check; 'sealwax-rescue --help' tells how to "
            "use it\n"
        )
        for arguments in (["everything"], ["--root"]):
            self.check(execute(RESCUE, *arguments), 64, err=hint)

    def test_help_goes_to_stdout(self):
        outcome = execute(RESCUE, "--help")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn("\n      --root DIR ", outcome.out)


if __name__ == "__main__":
    main_as_root()
