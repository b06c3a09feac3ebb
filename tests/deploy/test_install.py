# SPDX-License-Identifier: Apache-2.0
"""install: what it checks, what it tries, what it refuses, and what it writes."""

import json
import os
import shutil
import stat
import subprocess

from deploying import LIBRARY, PRELOAD, SEALWAX, System, execute, users_have_namespaces
from rights import AS_NOBODY, NOBODY, main_as_root, within_reach

OWN = "/usr/$LIB/libsealwax.so"
OWN_FOLDER = os.environ["SEALWAX_LIBRARY_FOLDER"]
SYSTEM_FOLDERS = (f"/usr/lib/{os.environ['SEALWAX_MULTIARCH']}", "/usr/lib64", "/usr/lib")
TRIED = "/bin/true, /bin/true (by nobody), /bin/sh, /bin/su (setuid), /bin/cat"


class Writing(System):
    def installed_text(self):
        return (
            f"library: {self.installed}\ntried: {TRIED}\n"
            f"installed: {self.path(PRELOAD)} has {OWN}; what starts from now on is sealed\n"
        )

    def test_every_file_that_was_there(self):
        self.add_library_as("/usr/lib/other.so")
        other = "/usr/lib/other.so"
        for before, after in (
            (None, f"{OWN}\n"),
            ("", f"{OWN}\n"),
            (" \t\n", f" \t\n{OWN}\n"),
            (other, f"{other}\n{OWN}\n"),
            (f"{other}\n# note", f"{other}\n# note\n{OWN}\n"),
            (f"{self.installed}\n{other}\n", f"{OWN}\n{other}\n"),
            (f"{other} {self.installed}:{other} # note\n{OWN}\n", f"{other} {OWN}:{other} # note\n"),
        ):
            if before is not None:
                self.write_preload(before)
            self.check(self.sealwax("install"), 0, self.installed_text())
            self.assertEqual(self.read_preload(), after)
            self.check(
                self.sealwax("install"),
                0,
                f"library: {self.installed}\n"
                f"nothing to do: {self.path(PRELOAD)} has {OWN} already\n",
            )
            self.assertEqual(os.listdir(self.path("etc")), ["ld.so.preload"])

    def add_library_as(self, name):
        """A library that does nothing."""
        source = self.path("nothing.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("typedef int nothing;\n")
        execute("cc", "-shared", "-nostdlib", "-o", self.path(name.lstrip("/")), source)
        self.assertTrue(os.path.exists(self.path(name.lstrip("/"))))

    def test_programs_are_sealed_then_and_not_after_uninstall(self):
        self.assertEqual(self.sealwax("install").code, 0)
        self.assertEqual(self.sealed_mappings(), True)
        self.assertEqual(self.sealwax("uninstall").code, 0)
        self.assertEqual(self.sealed_mappings(), False)

    def sealed_mappings(self):
        """Whether a program's memory has sealed mappings (proc_pid_smaps(5): sl)."""
        script = 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/cat /proc/self/smaps'
        found = execute("unshare", "--mount", "sh", "-c", script, self.root)
        self.assertEqual((found.code, found.err), (0, ""))
        return any(
            line.startswith("VmFlags:") and "sl" in line.split() for line in found.out.splitlines()
        )

    def test_mode_and_owner_stay(self):
        self.write_preload("# note\n", 0o664)
        os.chown(self.path(PRELOAD), NOBODY, 7)
        self.assertEqual(self.sealwax("install").code, 0)
        status = os.stat(self.path(PRELOAD))
        self.assertEqual(
            (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o664, NOBODY, 7)
        )

    def test_new_file_is_for_everybody_whatever_the_umask(self):
        old = os.umask(0o077)
        try:
            self.assertEqual(self.sealwax("install").code, 0)
        finally:
            os.umask(old)
        status = os.stat(self.path(PRELOAD))
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o644, 0, 0))

    def test_dry_run_shows_and_changes_nothing(self):
        self.write_preload("# note\n")
        path = self.path(PRELOAD)
        before = self.preload_status()
        self.check(
            self.sealwax("install", "--dry-run"),
            0,
            f"library: {self.installed}\ntried: {TRIED}\n"
            f"--- {path}\n+++ {path}\n@@ -1 +1,2 @@\n # note\n+{OWN}\n"
            "not changed (--dry-run)\n",
        )
        self.assertEqual((self.preload_status(), os.listdir(self.path("etc"))), (before, ["ld.so.preload"]))

    def system_policy(self, text):
        os.mkdir(self.path("etc/sealwax"))
        with open(self.path("etc/sealwax/policy.conf"), "w", encoding="utf-8") as file:
            file.write("sealwax-policy 1\n" + text)

    def test_policy_with_a_mistake_is_refused(self):
        self.system_policy("[defaults]\nmode = observe\n")
        for options in ((), ("--dry-run",)):
            self.check(
                self.sealwax("install", *options),
                1,
                f"library: {self.installed}\n",
                "sealwax: /etc/sealwax/policy.conf:3:8: mode must be enforce, audit or off "
                "('observe'); correct it ('sealwax policy check' tells of all mistakes)\n",
            )
            self.assertFalse(os.path.exists(self.path(PRELOAD)))

    def test_policy_that_observes_is_told_of(self):
        self.system_policy("[defaults]\nmode = audit\n")
        outcome = self.sealwax("install")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn("\npolicy: /etc/sealwax/policy.conf\n", outcome.out)
        self.assertTrue(
            outcome.out.endswith("; what starts from now on is observed, and not sealed\n")
        )

    def test_parts_that_are_not_in_force_are_told_of(self):
        self.system_policy("[defaults]\nmode = audit\n")
        os.mkdir(self.path("etc/sealwax/policy.d"))
        with open(self.path("etc/sealwax/policy.d/a.conf"), "w", encoding="utf-8") as file:
            file.write("sealwax-policy 1\n[program /bin/none]\nmode = off\n")
        outcome = self.sealwax("install", "--dry-run")
        folder = self.path("etc/sealwax")
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: warning: {folder}/policy.conf does not say what {folder}/policy.d says; "
                "run 'sealwax policy apply'\n"),
        )

    def test_own_entry_that_leads_nowhere_is_no_obstacle(self):
        """Of which ld.so tells before, and not behind."""
        self.write_preload("/usr/lib/gone/libsealwax.so\n")
        self.check(self.sealwax("install"), 0, self.installed_text())
        self.assertEqual(self.read_preload(), f"{OWN}\n")

    def test_file_that_others_may_not_read_is_told_of(self):
        self.write_preload("# note\n")
        os.chmod(self.path(PRELOAD), 0o600)
        outcome = self.sealwax("install")
        self.assertEqual(
            (outcome.code, outcome.err),
            (0, f"sealwax: warning: {self.path(PRELOAD)} has mode 0600: programs of other users "
                "than root do not read it and are not sealed; chmod 0644 it, and they are\n"),
        )

    def test_another_folder_is_named_in_full(self):
        self.installed = "/usr/lib/sealwax/libsealwax.so"
        self.add_library()
        self.check(
            self.sealwax("install", "--library", self.installed),
            0,
            self.installed_text().replace(OWN, self.installed),
        )
        self.assertEqual(self.read_preload(), f"{self.installed}\n")

    def test_folder_that_lib_does_not_stand_for_is_named_in_full(self):
        """Another distribution's would: ld.so takes $LIB for one folder."""
        place = self.path(self.installed.lstrip("/"))
        self.installed = next(
            f"/usr/{lib}/libsealwax.so" for lib in ("lib64", "lib")
            if not os.path.samefile(self.path(f"usr/{lib}"), os.path.dirname(place))
        )
        os.rename(place, self.path(self.installed.lstrip("/")))
        self.check(self.sealwax("install"), 0, self.installed_text().replace(OWN, self.installed))
        self.assertEqual(self.sealed_mappings(), True)

    def test_what_the_trial_shows_of_etc_is_what_is_there(self):
        os.mkdir(self.path("etc/folder"))
        for name in ("folder/within", "file"):
            with open(self.path("etc/" + name), "w", encoding="utf-8") as file:
                file.write(name)
        os.symlink("../usr/bin", self.path("etc/link"))
        os.symlink("nowhere", self.path("etc/dangling"))
        with open(self.path("seen"), "w", encoding="utf-8"):
            pass
        os.chmod(self.path("seen"), 0o666)
        os.rename(self.path("bin/sh"), self.path("bin/real"))
        self.write_spy()
        outcome = self.sealwax("install")
        self.assertEqual(outcome.code, 0, outcome.err)
        with open(self.path("seen"), encoding="utf-8") as file:
            seen = file.read().split("--\n")
        self.assertEqual(seen[:-1], [
            "dangling\nfile\nfolder\nlink\nfolder/within file ../usr/bin nowhere\n",
            f"dangling\nfile\nfolder\nld.so.preload\nlink\nfolder/within file ../usr/bin nowhere\n",
        ])
        self.assertEqual(
            sorted(os.listdir(self.path("etc"))),
            ["dangling", "file", "folder", "ld.so.preload", "link"],
        )

    def write_spy(self):
        """In the shell's place a program that notes what it sees of /etc."""
        for name in ("/bin/ls", "/bin/readlink"):
            self.add_program(name)
        source = self.path("spy.c")
        command = (
            "ls /etc >>/seen; { cat /etc/folder/within; echo -n ' '; cat /etc/file; echo -n ' '; "
            "readlink -n /etc/link; echo -n ' '; readlink /etc/dangling; echo --; } >>/seen"
        )
        with open(source, "w", encoding="utf-8") as file:
            file.write(
                "#include <unistd.h>\n"
                "int main(void) {\n"
                f'  return execl("/bin/real", "sh", "-c", "{command}", (char*)0);\n'
                "}\n"
            )
        execute("cc", "-o", self.path("bin/sh"), source)

    def test_trial_leaves_no_mount(self):
        def mounts():
            with open("/proc/self/mountinfo", encoding="utf-8") as file:
                return [line for line in file if self.root in line or "sealwax-trial" in line]
        self.sealwax("install")
        self.assertEqual(mounts(), [])

    def be_its_own_system(self):
        self.add_program(SEALWAX, "/usr/bin/sealwax")
        os.mknod(self.path("dev/null"), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.chmod(self.path("dev/null"), 0o666)

    def test_this_system_itself(self):
        """Without --root, where the root directory is a mount, as a system's is."""
        self.be_its_own_system()
        script = (
            'mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && exec chroot "$0" '
            "/usr/bin/sealwax install"
        )
        self.check(
            execute("unshare", "--mount", "sh", "-c", script, self.root),
            0,
            f"library: {self.installed}\ntried: {TRIED}\n"
            f"installed: /etc/ld.so.preload has {OWN}; what starts from now on is sealed\n",
        )
        self.check(
            execute("chroot", self.root, "/usr/bin/sealwax", "uninstall"),
            0,
            "uninstalled: /etc/ld.so.preload no longer has the library; what starts from now on is "
            "not sealed\n",
        )

    def test_plain_chroot_is_refused(self):
        self.be_its_own_system()
        self.check(
            execute("chroot", self.root, "/usr/bin/sealwax", "install"),
            2,
            f"library: {self.installed}\n",
            "sealwax: cannot try it in a chroot, where mounts could reach what is outside; name the "
            "system with --root from there\n",
        )
        self.assertIsNone(self.read_preload())


class Refusal(System):
    def refused(self, *findings, options=()):
        """Each finding a line on stderr, and the file as it was."""
        self.write_preload("# note\n")
        outcome = self.sealwax("install", *options)
        self.assertEqual(
            (outcome.code, outcome.err), (1, "".join(f"sealwax: {line}\n" for line in findings))
        )
        self.assertEqual(self.read_preload(), "# note\n")
        self.assertEqual(os.listdir(self.path("etc")), ["ld.so.preload"])
        return outcome.out

    def outside(self):
        return self.path(self.installed.lstrip("/"))

    def build(self, code, *options):
        source = self.path("library.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(code)
        execute(
            "cc", "-shared", "-fPIC", "-Wl,-soname,libsealwax.so", "-o", self.outside(), source,
            *options,
        )
        os.chmod(self.outside(), 0o644)

    def test_no_library(self):
        os.remove(self.outside())
        self.refused(
            f"there is no libsealwax.so in {', '.join(dict.fromkeys([OWN_FOLDER, *SYSTEM_FOLDERS]))}; "
            "install it, or name it with --library FILE"
        )

    def test_no_library_where_it_was_said_to_be(self):
        self.refused(
            "/usr/lib/nowhere/libsealwax.so: No such file or directory; install it there",
            options=["--library", "/usr/lib/nowhere/libsealwax.so"],
        )

    def test_owner(self):
        os.chown(self.outside(), NOBODY, 0)
        self.refused(
            f"{self.outside()} belongs to user {NOBODY}, who could put anything there; chown it to "
            "root"
        )

    def test_mode(self):
        for mode, problem in (
            (0o600, "so that only some users' programs could load it; chmod 0644 it"),
            (0o664, "so that others than root may write it; chmod go-w it"),
            (0o646, "so that others than root may write it; chmod go-w it"),
        ):
            os.chmod(self.outside(), mode)
            self.refused(f"{self.outside()} has mode {mode:04o}, {problem}")

    def test_folder_that_another_may_write(self):
        os.chmod(self.path("usr/lib"), 0o777)
        self.refused(
            f"{self.path('usr/lib')} has mode 0777, so that others than root may write it; "
            "chmod go-w it"
        )
        os.chmod(self.path("usr/lib"), 0o755)
        os.chown(self.path("usr"), NOBODY, 0)
        self.refused(
            f"{self.path('usr')} belongs to user {NOBODY}, who could put anything there; chown it "
            "to root"
        )

    def test_place(self):
        os.mkdir(self.path("srv"))
        os.rename(self.outside(), self.path("srv/libsealwax.so"))
        self.refused(
            "/srv/libsealwax.so is not under /usr/lib but is /srv/libsealwax.so; install it there",
            options=["--library", "/srv/libsealwax.so"],
        )
        os.symlink(self.path("srv/libsealwax.so"), self.outside())
        self.refused(
            f"{self.installed} is not under /usr/lib but is /srv/libsealwax.so; install it there"
        )

    def test_name(self):
        other = "/usr/lib/a:b/wax.so"
        os.mkdir(self.path("usr/lib/a:b"))
        shutil.copy(LIBRARY, self.path(other.lstrip("/")))
        os.chmod(self.path(other.lstrip("/")), 0o644)
        self.refused(
            f"{other}: /etc/ld.so.preload holds no path with a colon, a blank or a '#'; put the "
            "library elsewhere",
            f"{other} is not named libsealwax.so, by which uninstall would know it; rename it",
            options=["--library", other],
        )

    def test_what_is_no_library(self):
        with open(self.outside(), "w", encoding="utf-8") as file:
            file.write("\x7fELF and no more")
        self.refused(f"{self.outside()} is not a shared object; install the library there")
        shutil.copy("/bin/true", self.outside())
        os.chmod(self.outside(), 0o644)
        self.refused(f"{self.outside()} is not a shared object; install the library there")

    def test_other_class(self):
        self.build("typedef int nothing;", "-m32", "-nostdlib")
        self.refused(
            f"{self.outside()} is for 32-bit x86 and the system's /bin/sh for 64-bit x86-64; "
            "install the one for that"
        )

    def test_library_that_needs_another(self):
        self.build("#include <stdio.h>\nvoid f(void) { puts(\"\"); }")
        self.refused(
            f"{self.outside()} needs libc.so.6: where that is missing, no program starts; install "
            "Sealwax's own build"
        )

    def test_library_of_another_name(self):
        self.build("typedef int nothing;", "-nostdlib", "-Wl,-soname,libother.so")
        self.refused(
            f"{self.outside()} calls itself 'libother.so' and not libsealwax.so; install Sealwax's "
            "there"
        )

    def test_library_that_ends_programs(self):
        """It passes every check; only the trial finds it."""
        self.build(
            "__attribute__((constructor)) static void f(void) { __builtin_trap(); }", "-nostdlib"
        )
        died = "died of signal 4 (Illegal instruction), where it exited with"
        out = self.refused(
            *(
                f"with the library {name} {died} {code} without; nothing was changed"
                for name, code in (
                    ("/bin/true", 0), ("/bin/true (by nobody)", 0), ("/bin/sh", 3),
                    ("/bin/su (setuid)", 0), ("/bin/cat", 0),
                )
            )
        )
        self.assertEqual(out, f"library: {self.installed}\ntried: {TRIED}\n")

    def test_half_copied_library(self):
        """What its headers promise is behind the file's end: SIGBUS in every program."""
        self.build(
            "__attribute__((constructor)) static void f(void) {}\n"
            "const char large[1 << 16] = {1};\n", "-nostdlib"
        )
        with open(self.outside(), "r+b") as file:
            file.truncate(0x1400)
        outcome = self.sealwax("install")
        self.assertEqual(outcome.code, 1)
        self.assertIsNone(self.read_preload())

    def test_library_with_an_undefined_symbol(self):
        self.build(
            "void nowhere(void);\n__attribute__((constructor)) static void f(void) { nowhere(); }",
            "-nostdlib", "-Wl,-z,now",
        )
        outcome = self.sealwax("install")
        self.assertEqual(outcome.code, 1)
        self.assertEqual(
            outcome.err.splitlines()[0],
            "sealwax: with the library /bin/true exited with 127, where it exited with 0 without; "
            "nothing was changed",
        )
        self.assertIsNone(self.read_preload())

    def test_library_that_others_may_not_reach(self):
        os.chmod(os.path.dirname(self.outside()), 0o700)
        os.chmod(self.path("usr/lib"), 0o755)
        outcome = self.sealwax("install")
        self.assertEqual(outcome.code, 1)
        self.assertIsNone(self.read_preload())

    def test_library_that_is_never_loaded(self):
        """ld.so says so, and goes on without the library."""
        with open(self.outside(), "r+b") as file:
            file.seek(7)  # EI_OSABI
            file.write(b"\x2a")
        outcome = self.sealwax("install")
        self.assertEqual(outcome.code, 1)
        self.assertEqual(
            outcome.err.splitlines()[0],
            f"sealwax: with the library /bin/true says 'ERROR: ld.so: object '{OWN}' from "
            "/etc/ld.so.preload cannot be preloaded (ELF file OS ABI invalid): ignored.' on stderr; "
            "nothing was changed",
        )
        self.assertIsNone(self.read_preload())

    def test_program_that_dislikes_it(self):
        """One program that ends otherwise is enough, and is named."""
        source = self.path("picky.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(
                "#include <stdio.h>\n#include <string.h>\n"
                "int main(void) {\n"
                "  char line[4096];\n"
                '  FILE* maps = fopen("/proc/self/maps", "r");\n'
                "  while (maps && fgets(line, sizeof line, maps))\n"
                '    if (strstr(line, "sealwax.so")) return puts("found\\nout") < 0;\n'
                "  return 0;\n"
                "}\n"
            )
        execute("cc", "-o", self.path("bin/su"), source)
        os.chmod(self.path("bin/su"), 0o4755)
        self.refused(
            "with the library /bin/su (setuid) says 'found' on stdout; nothing was changed"
        )

    def test_link_in_the_files_place(self):
        os.symlink("elsewhere", self.path(PRELOAD))
        self.check(
            self.sealwax("install"),
            1,
            f"library: {self.installed}\n",
            f"sealwax: {self.path(PRELOAD)} is a symbolic link, which the change would replace by "
            "a file; do that first, or put the entry in by hand\n",
        )
        self.assertEqual(os.readlink(self.path(PRELOAD)), "elsewhere")

    def test_json(self):
        os.chmod(self.outside(), 0o664)
        outcome = self.sealwax("install", "--json")
        message = (
            f"{self.outside()} has mode 0664, so that others than root may write it; chmod go-w it"
        )
        self.assertEqual((outcome.code, outcome.err), (1, f"sealwax: {message}\n"))
        self.assertEqual(
            json.loads(outcome.out),
            {
                "schema": "sealwax-install 1",
                "ok": False,
                "dry_run": False,
                "changed": False,
                "file": self.path(PRELOAD),
                "library": self.installed,
                "entry": OWN,
                "tried": [],
                "findings": [message],
                "diff": "",
                "errors": [],
            },
        )


class Trouble(System):
    def test_full_disk(self):
        self.mount_tmpfs("-o", "size=16k")
        self.write_preload("# note\n")
        with open(self.path("etc/filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        self.check(
            self.sealwax("install"),
            2,
            f"library: {self.installed}\ntried: {TRIED}\n",
            f"sealwax: cannot write {self.path(PRELOAD)}.sealwax-new: No space left on device; make "
            "room there\n",
        )
        self.assertEqual(self.read_preload(), "# note\n")
        self.assertEqual(sorted(os.listdir(self.path("etc"))), ["filler", "ld.so.preload"])

    def test_read_only_file_system(self):
        self.mount_tmpfs()
        execute("mount", "-o", "remount,ro", self.path("etc"))
        self.check(
            self.sealwax("install"),
            2,
            f"library: {self.installed}\ntried: {TRIED}\n",
            f"sealwax: cannot create {self.path(PRELOAD)}.sealwax-new: Read-only file system; make "
            "the file system writable (mount -o remount,rw)\n",
        )

    def test_by_another_user(self):
        """Who can try it, in a namespace of users, but not write."""
        tool = within_reach(self.root, SEALWAX)
        outcome = execute(tool, "install", "--root", self.root, **AS_NOBODY)
        if not users_have_namespaces():
            self.assertIn("cannot make namespaces of its own for the trial", outcome.err)
            return
        self.check(
            outcome,
            2,
            f"library: {self.installed}\ntried: /bin/true, /bin/sh, /bin/cat\n",
            f"sealwax: cannot create {self.path(PRELOAD)}.sealwax-new: Permission denied; run it as "
            "root\n",
        )

    def test_no_program_to_try(self):
        shutil.rmtree(self.path("usr/bin"))
        os.mkdir(self.path("usr/bin"))
        self.check(
            self.sealwax("install"),
            2,
            f"library: {self.installed}\n",
            f"sealwax: there is no dynamic program in {self.path('bin')} to try the library with; "
            "nothing was changed\n",
        )

    def install_beside_lock_of(self, path):
        holder = subprocess.Popen(
            ["flock", path, "sh", "-c", "echo; read -r line"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        holder.stdout.readline()
        outcome = self.sealwax("install")
        holder.communicate()
        return outcome

    def test_folder_that_anybody_can_lock_keeps_nobody_out(self):
        outcome = self.install_beside_lock_of(self.path("etc"))
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("libsealwax.so", self.read_preload())
        self.assertEqual(os.path.exists(self.path("etc/.sealwax-lock")), False)

    def test_another_at_work(self):
        outcome = self.install_beside_lock_of(self.path("etc/.sealwax-lock"))
        os.unlink(self.path("etc/.sealwax-lock"))
        self.check(
            outcome,
            2,
            f"library: {self.installed}\ntried: {TRIED}\n",
            f"sealwax: cannot lock {self.path('etc')}: Resource temporarily unavailable; another "
            "program is changing it, so run this again\n",
        )
        self.assertIsNone(self.read_preload())

    def test_wrong_usage(self):
        self.check(
            self.sealwax("install", "--library", "libsealwax.so"),
            64,
            "",
            "sealwax: --library takes an absolute path, which 'libsealwax.so' is not\n",
        )
        self.check(
            self.sealwax("install", "now"),
            64,
            "",
            "sealwax: 'now' is one argument too many; 'sealwax install --help' tells how to use it\n",
        )


class OtherFirstProcess(System):
    """What /sbin/init is decides whether it is started or only loaded."""

    def add_init(self, name):
        source = self.path("init.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(
                "#include <fcntl.h>\nint main(int n, char** a) {\n"
                '  creat(n > 1 ? a[1] : "/started", 0600);\n  return 0;\n}\n'
            )
        execute("cc", "-o", self.path("usr/sbin/" + name), source)
        os.symlink(name, self.path("usr/sbin/init"))

    def test_unknown_one_is_not_started(self):
        self.add_init("server")
        outcome = self.sealwax("install")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn("/sbin/init (PID 1's)", outcome.out)
        self.assertFalse(os.path.exists(self.path("started")))
        self.assertFalse(os.path.exists(self.path("--version")))

    def test_systemd_is_asked_for_its_version(self):
        self.add_init("systemd")
        self.assertEqual(self.sealwax("install").code, 0)
        self.assertTrue(os.path.exists(self.path("--version")))


if __name__ == "__main__":
    main_as_root()
