# SPDX-License-Identifier: Apache-2.0
"""sealwax plan: what would be sealed of programs, told from their files."""

import json
import os
import subprocess
import unittest

import elf_maker as elf
from elf_maker import Elf, R, W, X
from made_system import DATA, LOADER, ORDINARY, System
from support import LIBRARY, SEALWAX, clean_environment, program, sealwax

NO_RELRO = "the tables that the loader fills in stay writable; link it with -z relro -z now"


class Answer(System):
    def setUp(self):
        super().setUp()
        self.shared("/usr/lib/libholes.so.1", segments=((R | X, 1), (R | W, 2, 3)),
                    relro=(5 * elf.PAGE, elf.PAGE))
        self.program(needed=["libholes.so.1"])

    # Of the program 1 page of headers, 2 of text, 1 of constants, 3 of data of which 1 is relro; of
    # the loader 1 and 1; of the library with a hole 1, 1, 3 of hole, 2 of which 1 is relro; of
    # libsealwax.so 1, 1 and 1.
    TABLE = (
        "/usr/bin/prog\n"
        "policy: built-in default\n"
        "region  policy  bytes  sealed\n"
        "text    seal    20480   20480\n"
        "rodata  seal    20480   20480\n"
        "relro   seal     8192    8192\n"
        "gaps    seal    12288   12288\n"
        "data    leave   16384       0\n"
        "vdso    seal        ?       ?\n"
        "stack   leave       ?       ?\n"
    )

    def test_table(self):
        self.check(self.plan("/usr/bin/prog"), 0, self.without_findings(self.TABLE))

    def without_findings(self, table):
        return table + f"\nno-relro: {NO_RELRO}\n  {LOADER}\n"

    def test_every_file_is_answered(self):
        self.check(
            self.plan("/usr/bin/prog", "/usr/bin/prog"),
            0,
            self.without_findings(self.TABLE) + "\n" + self.without_findings(self.TABLE),
        )

    def test_few_words(self):
        self.check(self.plan("--quiet", "/usr/bin/prog"), 0)
        self.check(self.plan("--quiet", "--check", "/usr/bin/prog"), 1)
        self.check(self.plan("--count", "/usr/bin/prog"), 0, "0 of 1 without a finding\n")
        self.check(self.plan("--count", "--check", "--ignore", "no-relro", "/usr/bin/prog"), 0,
                   "1 of 1 without a finding\n")
        for words in (["--quiet", "--count"], ["--count", "--json"], ["--quiet", "--objects"]):
            self.assertEqual(self.plan(*words, "/usr/bin/prog").code, 64, words)

    def test_bar_while_the_answer_goes_elsewhere(self):
        """On a terminal that has nothing else to show."""
        for files, bar in ((["true", "cat"], True), (["true"], False)):
            master, slave = os.openpty()
            asked = subprocess.run(
                [SEALWAX, "plan", "--library", LIBRARY, *(f"/bin/{name}" for name in files)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave, check=False,
                env=clean_environment(),
            )
            os.write(slave, b"@END")
            shown = b""
            while not shown.endswith(b"@END"):
                shown += os.read(master, 4096)
            os.close(slave)
            os.close(master)
            self.assertEqual(asked.returncode, 0)
            self.assertEqual(b"] 0/2" in shown, bar)
            self.assertEqual(shown.endswith(b"\r\x1b[K@END"), bar)

    def test_objects(self):
        self.check(
            self.plan("--objects", "/usr/bin/prog"),
            0,
            self.without_findings(
                self.TABLE + "\n"
                "region  policy  bytes  sealed  object\n"
                "text    seal     8192    8192  /usr/bin/prog\n"
                "rodata  seal     8192    8192  /usr/bin/prog\n"
                "relro   seal     4096    4096  /usr/bin/prog\n"
                "data    leave    8192       0  /usr/bin/prog\n"
                f"text    seal     4096    4096  {LOADER}\n"
                f"rodata  seal     4096    4096  {LOADER}\n"
                "text    seal     4096    4096  /usr/lib/libholes.so.1\n"
                "rodata  seal     4096    4096  /usr/lib/libholes.so.1\n"
                "relro   seal     4096    4096  /usr/lib/libholes.so.1\n"
                "gaps    seal    12288   12288  /usr/lib/libholes.so.1\n"
                "data    leave    4096       0  /usr/lib/libholes.so.1\n"
                f"text    seal     4096    4096  {self.library}\n"
                f"rodata  seal     4096    4096  {self.library}\n"
                f"data    leave    4096       0  {self.library}\n",
            ),
        )

    def test_json(self):
        self.put("/usr/bin/solo", Elf(soname="solo", segments=ORDINARY, relro=(DATA, elf.PAGE)))
        outcome, document = self.plan_json("/usr/bin/solo")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        regions = {
            "text": {"bytes": 8192, "sealed_bytes": 8192},
            "rodata": {"bytes": 8192, "sealed_bytes": 8192},
            "relro": {"bytes": 4096, "sealed_bytes": 4096},
            "gaps": {"bytes": 0, "sealed_bytes": 0},
            "data": {"bytes": 8192, "sealed_bytes": 0},
            "vdso": None,
            "stack": None,
        }
        self.assertEqual(
            document,
            {
                "schema": "sealwax-plan 1",
                "programs": [
                    {
                        "file": "/usr/bin/solo",
                        "path": "/usr/bin/solo",
                        "certain": True,
                        "ok": True,
                        "policy": None,
                        "notes": [],
                        "wanted": ["text", "rodata", "relro", "gaps", "vdso"],
                        "observed": [],
                        "regions": regions,
                        "findings": [],
                        "objects": [
                            {
                                "name": "/usr/bin/solo",
                                "path": "/usr/bin/solo",
                                "wanted": ["text", "rodata", "relro", "gaps"],
                                "observed": [],
                                "regions": regions,
                            }
                        ],
                    }
                ],
                "errors": [],
                "ok": True,
            },
        )

    def test_color(self):
        text = self.plan("--color", "always", "/usr/bin/prog").out.splitlines()
        bold, green, red, off = "\033[1m", "\033[32m", "\033[31m", "\033[0m"
        self.assertEqual(text[2], f"{bold}region{off}  {bold}policy{off}  {bold}bytes{off}  "
                                  f"{bold}sealed{off}")
        self.assertEqual(text[3], f"text    seal    20480   {green}20480{off}")
        self.assertEqual(text[7], "data    leave   16384       0")
        self.assertEqual(text[11], f"{red}no-relro{off}: {NO_RELRO}")

    def test_the_programs_of_this_system_by_default(self):
        outcome = sealwax("plan", "--library", self.library, program("greet"))
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(outcome.out.splitlines()[0], program("greet"))

    def test_the_kernels_path_is_told(self):
        self.link("/usr/bin/link", "prog")
        found = self.plan_json("/usr/bin/link")[1]["programs"][0]
        self.assertEqual((found["file"], found["path"]), ("/usr/bin/link", "/usr/bin/prog"))

    def test_name_that_steers_terminals(self):
        self.program("/usr/bin/pr\033og")
        self.assertEqual(self.plan("/usr/bin/pr\033og").out.splitlines()[0], "/usr/bin/pr\\x1bog")


class UnderAPolicy(System):
    def setUp(self):
        super().setUp()
        self.shared("/usr/lib/libx.so.1.0")
        self.link("/usr/lib/libx.so.1", "libx.so.1.0")
        self.program(needed=["libx.so.1"])

    def wanted(self, *arguments, err=""):
        outcome, document = self.plan_json(*arguments, "/usr/bin/prog")
        self.assertEqual((outcome.code, outcome.err), (0, err))
        found = document["programs"][0]
        return found["policy"], {
            os.path.basename(entry["path"]): " ".join(entry["wanted"])
            for entry in found["objects"]
        }

    def policy(self, sections):
        return self.write("policy", "sealwax-policy 1\n" + sections)

    def test_of_the_system(self):
        self.put("/etc/sealwax/policy.conf", b"sealwax-policy 1\n[program prog]\nseal = text\n")
        policy, wanted = self.wanted()
        self.assertEqual(policy, "/etc/sealwax/policy.conf")
        self.assertEqual(set(wanted.values()), {"text"})

    def test_in_place_of_the_systems(self):
        self.put("/etc/sealwax/policy.conf",
                 b"sealwax-policy 1\n[defaults]\nseal = text\nenvironment = deny\n")
        path = self.policy("[defaults]\nseal = data\n")
        policy, wanted = self.wanted("--policy", path)
        self.assertEqual(policy, path)
        self.assertEqual(set(wanted.values()), {"data"})

    def test_objects_by_either_name(self):
        path = self.policy("[defaults]\nseal = none\n"
                           "[object libx.so.1]\nseal = +text\n"
                           "[object /usr/lib/libx.so.1.0]\nseal = +data\n"
                           "[object libx.so.1]\nonly-in = /usr/bin/other\nseal = +relro\n"
                           "[object prog]\nseal = rodata\n")
        self.assertEqual(
            self.wanted("--policy", path)[1],
            {"prog": "rodata", "ld-test.so.1": "", "libx.so.1.0": "text data",
             "libsealwax.so": ""},
        )

    def test_sealed_bytes_are_those_of_the_objects_that_are_to_be_sealed(self):
        path = self.policy("[defaults]\nseal = none\n[object libx.so.1]\nseal = text\n")
        found = self.plan_json("--policy", path, "/usr/bin/prog")[1]["programs"][0]
        self.assertEqual(found["regions"]["text"],
                         {"bytes": 4096 * (2 + 1 + 2 + 1), "sealed_bytes": 8192})
        self.assertEqual(found["wanted"], ["text"])

    def test_stack_and_vdso_are_the_processs(self):
        path = self.policy("[defaults]\nseal = all\n[program prog]\nseal = -vdso\n")
        found = self.plan_json("--policy", path, "/usr/bin/prog")[1]["programs"][0]
        self.assertEqual(found["wanted"], ["text", "rodata", "relro", "gaps", "data", "stack"])

    def test_nothing_is_sealed_in_audit(self):
        path = self.policy("[defaults]\nmode = audit\n")
        found = self.plan_json("--policy", path, "/usr/bin/prog")[1]["programs"][0]
        self.assertEqual((found["wanted"], found["regions"]["text"]["sealed_bytes"]), ([], 0))
        self.assertEqual(found["observed"], ["text", "rodata", "relro", "gaps", "vdso"])

    def test_mistake_in_the_systems(self):
        self.put("/etc/sealwax/policy.conf", b"sealwax-policy 1\n[defaults]\ncolour = red\n")
        outcome, document = self.plan_json("/usr/bin/prog")
        self.assertEqual(
            (outcome.code, outcome.err),
            (2, "sealwax: /etc/sealwax/policy.conf:3:1: unknown key ('colour'); nothing is "
                "sealed: the built-in default only observes\n"),
        )
        found = document["programs"][0]
        self.assertEqual((found["policy"], found["certain"], found["ok"]), (None, False, False))
        self.assertEqual(found["regions"]["text"]["sealed_bytes"], 0)

    def test_mistake_in_the_one_that_was_named(self):
        path = self.policy("[defaults]\ncolour = red\n")
        self.check(self.plan("--policy", path, "/usr/bin/prog", "/usr/bin/prog"), 2,
                   err=f"sealwax: {path}:3:1: unknown key ('colour')\n")
        self.check(
            self.plan("--policy", self.path("none"), "/usr/bin/prog"), 2,
            err=f"sealwax: cannot read the policy {self.path('none')}: No such file or "
                "directory\n",
        )

    def test_setuid_program_heeds_what_root_alone_can_write(self):
        self.put("/etc/sealwax/policy.conf", b"sealwax-policy 1\n[defaults]\nseal = text\n", 0o666)
        warning = (
            "sealwax: warning: the policy /etc/sealwax/policy.conf has mode 0666, so that everybody "
            "may write there\n"
        )
        self.assertEqual(self.wanted(err=warning)[0], "/etc/sealwax/policy.conf")
        os.chmod(self.root + "/usr/bin/prog", 0o4755)
        outcome, document = self.plan_json("/usr/bin/prog")
        self.assertEqual(
            (outcome.code, outcome.err),
            (2, "sealwax: cannot read the policy /etc/sealwax/policy.conf: a privileged program "
                "takes only a file that root alone can write; the built-in default holds "
                "instead\n"),
        )
        self.assertIsNone(document["programs"][0]["policy"])


class Many(System):
    def setUp(self):
        super().setUp()
        self.program("/usr/sbin/first")
        self.program("/usr/sbin/second")
        self.shared("/usr/sbin/libx.so.1")
        self.put("/usr/sbin/script", b"#!/bin/sh\n")

    def test_folder(self):
        outcome = self.plan("/usr/sbin")
        lines = outcome.out.splitlines()
        self.assertEqual([line.split()[2] for line in lines[1:3]], ["/usr/sbin/first", "/usr/sbin/second"])
        self.assertEqual((outcome.code, lines[3]), (0, ""))
        self.assertTrue(lines[4].startswith("2 programs: "), lines[4])

    def test_package(self):
        self.put("/var/lib/dpkg/info/some:amd64.list", b"/.\n/usr\n/usr/sbin/second\n/usr/sbin/script\n")
        document = self.plan_json("--package", "some")[1]
        self.assertEqual([found["path"] for found in document["programs"]], ["/usr/sbin/second"])
        self.assertEqual(self.plan("--package", "som").code, 2)

    def test_name(self):
        document = self.plan_json("first")[1]
        self.assertEqual([found["path"] for found in document["programs"]], ["/usr/sbin/first"])


class Usage(System):
    HINT = "; 'sealwax plan --help' tells how to use it\n"

    def test_no_file(self):
        self.check(sealwax("plan"), 64, err="sealwax: no FILE given" + self.HINT)
        outcome = sealwax("plan", "--json")
        self.assertEqual(outcome.code, 64)
        self.assertEqual(
            json.loads(outcome.out),
            {"schema": "sealwax-plan 1", "programs": [],
             "errors": [{"file": None, "message": "no FILE given"}], "ok": False},
        )

    def test_unknown_kind_of_finding(self):
        outcome = sealwax("plan", "--ignore", "asan,size", "/bin/true")
        self.assertEqual((outcome.code, outcome.out), (64, ""))
        self.assertRegex(outcome.err, "^sealwax: there is no kind of finding 'size'; there are "
                                      "32-bit, .*, mark-without-effect; 'sealwax plan --help' tells")

    def test_root_that_is_none(self):
        where = self.path("nowhere")
        self.check(
            sealwax("plan", "--root", where, "/bin/true"), 2,
            err=f"sealwax: cannot look into {where}: No such file or directory; name the folder of "
                "a system\n",
        )

    def test_library_that_is_none(self):
        self.check(
            sealwax("plan", "--library", self.path("none"), "/bin/true"), 2,
            err=f"sealwax: cannot preload {self.path('none')}: No such file or directory; name the "
                "library with --library FILE\n",
        )


if __name__ == "__main__":
    unittest.main()
