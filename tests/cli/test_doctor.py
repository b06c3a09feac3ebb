# SPDX-License-Identifier: Apache-2.0
"""sealwax doctor: its answers, C libraries, and the library's file, by systems in folders."""

import json
import os
import platform
import shutil
import struct

from doctor_system import MACHINE, PLACE, SHIM, System
from rights import NOBODY, main_as_root
from support import TestCase, program, sealwax

VERSION = os.environ["SEALWAX_VERSION"]
PT_LOAD, PT_DYNAMIC, PT_NOTE, DT_NEEDED, DT_DEBUG = 1, 2, 4, 1, 21


class Healthy(System):
    def test_table(self):
        root = self.root
        self.check(
            sealwax("doctor", "--root", root),
            0,
            "this system can seal: yes\n"
            "\n"
            "C library\n"
            f"  ok  glibc  2.41, {root}/usr/lib/libc.so.6\n"
            "library\n"
            f"  ok  file            {root}{PLACE} is whole\n"
            f"  ok  path            {root}{PLACE}\n"
            "  ok  owner and mode  root's, mode 0644\n"
            f"  ok  class           {MACHINE}\n"
            "  ok  needs           no other library, no version and no symbol of one\n"
            f"  ok  version         {VERSION}\n"
            "policy\n"
            f"  ok  policy          {root}/etc/sealwax/policy.conf is valid\n"
            "  ok  owner and mode  root alone can write it, and all can read it\n"
            "/etc/ld.so.preload\n"
            f"  ok  entry           {PLACE} is preloaded into every program\n"
            "  ok  owner and mode  root alone can write it, and all can read it\n"
            "beside sealing\n"
            "  ok  /proc/PID/mem  no write reaches read-only memory\n"
            "  ok  ptrace_scope   1: a process may trace its own children only\n"
            "  ok  userfaultfd    this kernel has none\n"
            "\n"
            "14 ok, 0 findings, 0 unknown\n",
        )

    def test_finding_in_color(self):
        self.remove("/etc/ld.so.preload")
        self.put("/proc/sys/kernel/yama/ptrace_scope", "0\n")
        outcome = sealwax("doctor", "--strict", "--root", self.root, "--color", "always")
        bold, green, red, faint, off = "\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m"
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertEqual(
            outcome.out.splitlines()[14:22],
            [
                f"{bold}/etc/ld.so.preload{off}",
                "  note  entry  there is no such file: only what preloads libsealwax.so by itself "
                "is sealed",
                f"{bold}beside sealing{off}",
                f"  {green}ok{off}       /proc/PID/mem  no write reaches read-only memory",
                f"  {red}finding{off}  ptrace_scope   0: a process may trace any other of its "
                "user, and write to what is sealed in it",
                f"                          {faint}-> set kernel.yama.ptrace_scope = 1, or 2, in a "
                f"file in /etc/sysctl.d{off}",
                f"  {green}ok{off}       userfaultfd    this kernel has none",
                "",
            ],
        )

    def test_json(self):
        outcome = sealwax("doctor", "--json", "--root", self.root)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        document = json.loads(outcome.out)
        self.assertEqual(
            (document["schema"], document["errors"], document["ok"], len(document["checks"])),
            ("sealwax-doctor 1", [], True, 14),
        )
        self.assertEqual(
            document["checks"][4],
            {
                "group": "library",
                "check": "class",
                "ok": True,
                "state": "ok",
                "fact": MACHINE,
                "remedy": None,
            },
        )

    def test_system_whose_proc_is_not_mounted(self):
        shutil.rmtree(self.path("root/proc"))
        self.assertEqual(
            self.told("beside sealing", "/proc", "note"),
            f"nothing can be said: {self.root}/proc is empty",
        )


class Usage(TestCase):
    def test_root_that_is_missing(self):
        message = f"cannot look into {self.folder}/gone: No such file or directory; name the " \
            "folder of a system"
        self.check(
            sealwax("doctor", "--root", self.path("gone")), 2, err=f"sealwax: {message}\n"
        )
        outcome = sealwax("doctor", "--json", "--root", self.path("gone"))
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {message}\n"))
        self.assertEqual(
            json.loads(outcome.out),
            {"schema": "sealwax-doctor 1", "can_seal": None, "checks": [], "errors": [message],
             "ok": False},
        )

    def test_unknown_option(self):
        error = "there is no option '--treatment'"
        outcome = sealwax("doctor", "--treatment", "--json")
        self.assertEqual(
            (outcome.code, outcome.err),
            (64, f"sealwax: {error}; 'sealwax doctor --help' tells how to use it\n"),
        )
        self.assertEqual(json.loads(outcome.out)["errors"], [error])


class Verdict(System):
    def verdict(self, *options):
        outcome = sealwax("doctor", "--root", self.root, *options)
        return outcome.code, outcome.out.partition("\n")[0]

    def test_healthy(self):
        self.assertEqual(self.verdict(), (0, "this system can seal: yes"))

    def test_library_that_can_be_missing_early_at_boot(self):
        os.makedirs(self.path("root/opt"))
        shutil.copy(SHIM, self.path("root/opt/libsealwax.so"))
        os.chmod(self.path("root/opt/libsealwax.so"), 0o644)
        self.assertEqual(self.verdict("--library", "/opt/libsealwax.so"), (0, "this system can seal: yes"))

    def test_policy_with_a_mistake(self):
        self.put("/etc/sealwax/policy.conf", "sealwax-policy 1\n[defaults]\nmode = observe\n")
        self.assertEqual(self.verdict(), (1, "this system can seal: no"))

    def test_what_is_open_beside_sealing_counts_if_that_is_wanted(self):
        self.put("/proc/sys/kernel/yama/ptrace_scope", "0\n")
        yes = "this system can seal: yes"
        self.assertEqual(self.verdict(), (0, yes))
        self.assertEqual(self.verdict("--strict"), (1, yes))
        self.assertEqual(self.verdict("--strict", "--ignore", "ptrace_scope"), (0, yes))

    def test_part_that_was_not_taken_into_the_policy(self):
        self.put("/etc/sealwax/policy.d/a.conf", "sealwax-policy 1\n[program a]\nmode = off\n")
        self.assertEqual(
            self.find("policy", "parts"),
            (f"{self.root}/etc/sealwax/policy.conf does not say what "
             f"{self.root}/etc/sealwax/policy.d says", "sealwax policy apply"),
        )

    def test_part_without_a_policy(self):
        self.remove("/etc/sealwax/policy.conf")
        self.told("policy", "policy")
        self.put("/etc/sealwax/policy.d/a.conf", "sealwax-policy 1\n[program a]\nmode = off\n")
        self.assertEqual(self.find("policy", "parts")[1], "sealwax policy apply")

    def test_folder_of_parts_that_is_gone(self):
        """As the last package that had one takes it with it."""
        self.put("/etc/sealwax/policy.d/a.conf", "sealwax-policy 1\n[program a]\nmode = off\n")
        self.assertEqual(sealwax("policy", "apply", "--root", self.root).code, 0)
        self.told("policy", "parts")
        shutil.rmtree(self.path("root/etc/sealwax/policy.d"))
        self.assertEqual(
            self.find("policy", "parts"),
            (f"{self.root}/etc/sealwax/policy.conf does not say what "
             f"{self.root}/etc/sealwax/policy.d says", "sealwax policy apply"),
        )

    def test_check_that_there_is_not(self):
        outcome = sealwax("doctor", "--root", self.root, "--ignore", "ptrace")
        self.assertEqual((outcome.code, outcome.out), (64, ""))
        self.assertIn("there is no check 'ptrace'", outcome.err)


class CLibrary(System):
    def version(self, minor):
        self.put("/lib/libc.so.6", f"\0\0GNU C Library stable release version 2.{minor}.\n\0")
        return self.told("C library", "glibc", "note")

    def test_what_each_version_means(self):
        path = f"{self.root}/usr/lib/libc.so.6"
        late = "a library that asks for an executable stack can no longer be loaded late"
        spaces = "objects that dlmopen opens are not found"
        self.assertEqual(self.version(40), f"2.40, {path}: {late}")
        self.assertEqual(self.version(35), f"2.35, {path}: {late}")
        self.assertEqual(self.version(34), f"2.34, {path}: {spaces}")
        self.assertEqual(
            self.version(33),
            f"2.33, {path}: a library load inside libc can clear a pending dlerror(), and {spaces}",
        )

    def test_real_one(self):
        real = os.path.realpath(f"/lib/{platform.machine()}-linux-gnu/libc.so.6")
        self.copy(real, "root/usr/lib/libc.so.6")
        version = os.confstr("CS_GNU_LIBC_VERSION").split()[1]
        _, checks = self.doctor()
        self.assertTrue(checks["C library", "glibc"][1].startswith(f"{version}, "))

    def test_musl(self):
        self.remove("/lib/libc.so.6")
        self.put("/lib/ld-musl-x86_64.so.1", "")
        self.assertEqual(
            self.told("C library", "musl", "note"),
            f"{self.root}/lib/ld-musl-x86_64.so.1: its programs read LD_PRELOAD, but not "
            "/etc/ld.so.preload",
        )

    def test_none(self):
        self.remove("/lib/libc.so.6")
        self.assertEqual(
            self.find("C library", "libc"),
            (
                "neither glibc nor musl is where they usually are",
                "name the folder of a whole system with --root",
            ),
        )


class Library(System):
    WRITABLE = "whoever may write the library runs code in every program that preloads it"
    TAKE_BACK = "give the file and its folders to root, and chmod go-w"

    def library(self):
        return self.path("root" + PLACE)

    def test_missing(self):
        self.remove(PLACE)
        self.remove("/etc/ld.so.preload")
        self.assertEqual(
            self.find("library", "file"),
            ("libsealwax.so is nowhere to be found", "install it, or name it with --library FILE"),
        )

    def test_named_and_missing(self):
        self.assertEqual(
            self.find("library", "file", "--library", "/opt/libsealwax.so"),
            (
                f"cannot open {self.root}/opt/libsealwax.so: No such file or directory",
                "install it, or name another with --library FILE",
            ),
        )

    def test_not_elf(self):
        remedy = (
            "remove it from every LD_PRELOAD and /etc/ld.so.preload, and install the library"
        )
        for text in ("", "\x7fELF", "half a library"):
            self.put(PLACE, text)
            self.assertEqual(
                self.find("library", "file"),
                (f"{self.root}{PLACE} is no shared object", remedy),
            )

    def test_program(self):
        self.copy("/bin/true", "root" + PLACE, 0o644)
        self.assertEqual(
            self.find("library", "file")[0], f"{self.root}{PLACE} is no shared object"
        )

    def test_cut_short(self):
        with open(SHIM, "rb") as file:
            whole = file.read()
        for size in range(0, len(whole), 2503):
            with open(self.library(), "wb") as file:
                file.write(whole[:size])
            code, checks = self.doctor()
            self.assertIn(code, (0, 1))
            state, fact, _ = checks["library", "file"]
            # What only the sections' headers are missing from is whole for the loader.
            if state == "ok":
                with open(self.library(), "rb") as file:
                    self.assertGreaterEqual(size, last_byte_mapped(whole))
            elif "is cut short" in fact:
                self.assertLess(size, last_byte_mapped(whole))
            else:
                self.assertEqual(fact, f"{self.root}{PLACE} is no shared object")
        with open(self.library(), "wb") as file:
            file.write(whole[: last_byte_mapped(whole) - 1])
        self.assertEqual(
            self.find("library", "file"),
            (
                f"{self.root}{PLACE} is cut short: every program that preloads it dies of SIGBUS",
                "replace it now, by mv from the same folder, not by cp",
            ),
        )

    def test_modes(self):
        for mode, fact, remedy in (
            (
                0o600,
                "mode 0600: only root's programs are sealed, and others print an error line",
                f"chmod 0644 {self.root}{PLACE}",
            ),
            (
                0o664,
                f"{self.root}{PLACE} has mode 0664, so that group 0 may write there: "
                + self.WRITABLE,
                self.TAKE_BACK,
            ),
            (
                0o646,
                f"{self.root}{PLACE} has mode 0646, so that everybody may write there: "
                + self.WRITABLE,
                self.TAKE_BACK,
            ),
        ):
            os.chmod(self.library(), mode)
            self.assertEqual(self.find("library", "owner and mode"), (fact, remedy))

    def test_owner(self):
        os.chown(self.library(), NOBODY, NOBODY)
        self.assertEqual(
            self.find("library", "owner and mode"),
            (f"{self.root}{PLACE} belongs to user {NOBODY}: {self.WRITABLE}", self.TAKE_BACK),
        )

    def test_folder_that_others_write(self):
        os.chmod(self.path("root/usr/lib"), 0o777)
        self.assertEqual(
            self.find("library", "owner and mode"),
            (
                f"the folder {self.root}/usr/lib has mode 0777, so that everybody may write "
                f"there: {self.WRITABLE}",
                self.TAKE_BACK,
            ),
        )

    def test_sticky_folder_is_roots(self):
        os.chmod(self.path("root/usr/lib"), 0o1777)
        self.told("library", "owner and mode")

    def test_place(self):
        os.makedirs(self.path("root/opt"))
        shutil.copy(SHIM, self.path("root/opt/libsealwax.so"))
        os.chmod(self.path("root/opt/libsealwax.so"), 0o644)
        self.assertEqual(
            self.find("library", "place", "--library", "/opt/libsealwax.so"),
            (
                f"{self.root}/opt/libsealwax.so is not below /usr/lib: early at boot, and to units "
                "with ProtectHome=, PrivateTmp= or a root of their own, it can be missing",
                "install it below /usr/lib (--prefix=/usr, or the package)",
            ),
        )

    def test_path_that_a_list_cannot_hold(self):
        shutil.copy(SHIM, self.path("root/usr/lib/a b.so"))
        os.chmod(self.path("root/usr/lib/a b.so"), 0o644)
        self.assertEqual(
            self.find("library", "path", "--library", "/usr/lib/a b.so"),
            (
                f"{self.root}/usr/lib/a b.so: ld.so splits a list of libraries at colons and "
                "blanks",
                "put the library at a path that has none",
            ),
        )

    def test_other_machine(self):
        machine, name = {"x86_64": (183, "aarch64"), "aarch64": (62, "x86-64")}[platform.machine()]
        with open(self.library(), "r+b") as file:
            file.seek(18)
            file.write(struct.pack("<H", machine))
        self.assertEqual(
            self.find("library", "class"),
            (
                f"64-bit {name}, and /bin/sh is {MACHINE}: every program prints an error line",
                "install the library that is built for this machine",
            ),
        )

    def test_needs(self):
        remedy = "do not preload this file: take one that Sealwax's own build made"
        with open(program("libbefore_main.so"), "rb") as file:
            needing = file.read()
        with open(program("libwanting.so"), "rb") as file:
            wanting = file.read()
        for image, fact in (
            (needing, "libc.so.6: where that is missing, every program that starts dies"),
            (
                without_needed(needing),
                "versions of symbols: where libc is older, every program that starts dies",
            ),
            (
                wanting,
                "nobody_has_this: where nobody defines that, every program that starts dies",
            ),
        ):
            with open(self.library(), "wb") as file:
                file.write(image)
            self.assertEqual(
                self.find("library", "needs", "--ignore", "version"), (fact, remedy)
            )

    def test_version(self):
        """Of another one it can seal, and does it by other words perhaps."""
        remedy = "install the library and the tool of one build"
        numbers = [int(number) for number in VERSION.split(".")]
        older = f"0.{numbers[1] - 1}.99"
        newer = f"{numbers[0]}.{numbers[1] + 1}"
        for version, order in ((older, "older"), (newer, "newer"), ("0", "older")):
            self.write_library(of_version(self.image(), version))
            self.assertEqual(
                self.find("library", "version"),
                (f"{version} is {order} than this tool ({VERSION})", remedy),
            )
            self.assertEqual(sealwax("doctor", "--root", self.root).code, 0)
        self.write_library(self.image().replace(b"Sealwax\0", b"Waxwork\0"))
        self.assertEqual(
            self.find("library", "version"),
            (f"it tells none: it is older than this tool ({VERSION})", remedy),
        )

    def test_notes_that_are_not_whole(self):
        """Nothing is read beyond the file's end, and the rest is judged."""
        image = self.image()
        for kind, begin, length in segments(image):
            if kind == PT_NOTE:
                for at in range(begin, begin + length, 4):
                    self.write_library(image[:at] + b"\xff" * 4 + image[at + 4 :])
                    self.assertEqual(self.doctor()[1]["library", "needs"][0], "ok")

    def image(self):
        with open(SHIM, "rb") as file:
            return file.read()

    def write_library(self, image):
        with open(self.library(), "wb") as file:
            file.write(image)


def segments(image):
    """The kind, place in the file and size of each."""
    (offset,) = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for at in range(offset, offset + size * count, size):
        kind, _, begin, _, _, length = struct.unpack_from("<IIQQQQ", image, at)
        yield kind, begin, length


def last_byte_mapped(image):
    """Where the segments that are loaded end in the file."""
    return max(begin + length for kind, begin, length in segments(image) if kind == PT_LOAD)


def of_version(image, version):
    """With another text in its note: the sizes of name and text, the kind, the name, the text."""
    text = version.encode() + b"\0"
    name = b"Sealwax\0"
    at = image.index(name + VERSION.encode()) - 12
    note = struct.pack("<III", len(name), len(text), 1) + name + text.ljust(8, b"\0")
    return image[:at] + note + image[at + len(note) :]


def without_needed(image):
    """As a hand that wants no dependencies might leave a library."""
    image = bytearray(image)
    for kind, begin, length in segments(image):
        if kind == PT_DYNAMIC:
            for at in range(begin, begin + length, 16):
                if struct.unpack_from("<Q", image, at)[0] == DT_NEEDED:
                    struct.pack_into("<Q", image, at, DT_DEBUG)
    return bytes(image)


if __name__ == "__main__":
    main_as_root()
