# SPDX-License-Identifier: Apache-2.0
"""sealwax policy show and explain: what holds, and why."""

import json
import os
import subprocess
import unittest

from made_policies import Policies
from support import SEALWAX, clean_environment, sealwax

BUILT_IN = (
    "sealwax-policy 1\n\n"
    "[defaults]\n"
    "# built-in\n"
    "mode = enforce\n"
    "seal = text rodata relro gaps vdso\n"
    "relro = private\n"
    "text = auto\n"
    "dlopen = seal\n"
    "exec-gain = allow\n"
    "on-refused = report\n"
    "report-to = journal\n"
    "mapped-code = leave\n"
    "environment = allow\n"
    "seccomp = probe\n"
)


class Show(Policies):
    def test_built_in(self):
        self.check(self.command("show"), 0, BUILT_IN)

    SECTIONS = (
        "# a comment\n\n"
        "[defaults]\n"
        "mode = audit\n"
        "[defaults]\n"
        "  seal  =  +data   -gaps \n"
        "report-to = file:/var/log/a b\n"
        "[program /usr/bin/my prog]\n"
        "mode=off\n"
        "[object libx.so.*]\n"
        "only-in = /usr/bin/my prog\n"
        "seal = none\n"
        "[defaults]\n"
        "relro = in-place\n"
    )

    def shown(self, source):
        return (
            "sealwax-policy 1\n\n"
            "[defaults]\n"
            "# built-in\n"
            "relro = private\n"
            "text = auto\n"
            "dlopen = seal\n"
            "exec-gain = allow\n"
            "on-refused = report\n"
            "mapped-code = leave\n"
            "environment = allow\n"
            "seccomp = probe\n"
            f"# {source}:5\n"
            "mode = audit\n"
            f"# built-in, {source}:7\n"
            "seal = text rodata relro data vdso\n"
            f"# {source}:8\n"
            "report-to = file:/var/log/a b\n\n"
            f"# {source}:9\n"
            "[program /usr/bin/my prog]\n"
            "mode = off\n\n"
            f"# {source}:11\n"
            "[object libx.so.*]\n"
            "only-in = /usr/bin/my prog\n"
            "seal = none\n\n"
            f"# {source}:14\n"
            "[defaults]\n"
            "relro = in-place\n"
        )

    def test_of_the_system(self):
        self.system_policy(self.SECTIONS)
        self.check(self.command("show"), 0, self.shown("/etc/sealwax/policy.conf"))

    def test_of_a_file(self):
        self.system_policy("[defaults]\nmode = off\n")
        path = self.policy(self.SECTIONS)
        self.check(self.command("show", "--policy", path), 0, self.shown(path))

    def test_what_is_shown_is_a_policy_that_says_the_same(self):
        first = self.policy(self.SECTIONS)
        second = self.write("second", self.command("show", "--policy", first).out)
        again = self.command("show", "--policy", second)
        self.assertEqual(again.code, 0)

        def sense(text):
            return sorted(line for line in text.splitlines() if not line.startswith("#"))

        self.assertEqual(sense(again.out), sense(self.shown(first)))

    def test_mistake_in_the_systems(self):
        self.system_policy("[defaults]\nmode = on\n")
        message = ("/etc/sealwax/policy.conf:3:8: mode must be enforce, audit or off ('on'); "
                   "nothing is sealed: the built-in default only observes")
        self.check(self.command("show"), 2, BUILT_IN.replace("enforce", "audit"),
                   f"sealwax: {message}\n")
        document = self.document("show", code=2)
        self.assertEqual(
            (document["policy"], document["errors"], document["ok"]),
            (None, [{"file": "/etc/sealwax/policy.conf", "message": message}], False),
        )

    def test_mistake_in_a_file(self):
        path = self.policy("[defaults]\nmode = on\n")
        message = f"{path}:3:8: mode must be enforce, audit or off ('on')"
        self.check(self.command("show", "--policy", path), 2, err=f"sealwax: {message}\n")
        self.assertEqual(
            self.document("show", "--policy", path, code=2),
            {"schema": "sealwax-policy-show 1", "errors": [{"file": None, "message": message}],
             "ok": False},
        )

    def test_json(self):
        self.system_policy("[defaults]\nmode = audit\n[program prog]\nmode = off\n")
        document = self.document("show")
        first, second = document.pop("sections")
        self.assertEqual(
            document,
            {"schema": "sealwax-policy-show 1", "policy": "/etc/sealwax/policy.conf",
             "errors": [], "ok": True},
        )
        self.assertEqual(
            (first["kind"], first["glob"], first["line"], first["entries"][:2]),
            ("defaults", None, None,
             [{"key": "mode", "value": "audit", "lines": [3]},
              {"key": "seal", "value": "text rodata relro gaps vdso", "lines": []}]),
        )
        self.assertEqual(
            second,
            {"kind": "program", "glob": "prog", "line": 4,
             "entries": [{"key": "mode", "value": "off", "lines": [5]}]},
        )


class Explain(Policies):
    def setUp(self):
        super().setUp()
        self.program(needed=["libx.so.1"])

    def explained(self, sections, *names):
        path = self.policy(sections)
        outcome = self.command("explain", "--policy", path, *names)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out.replace(path, "POLICY")

    SECTIONS = (
        "[defaults]\n"
        "seal = +data\n"
        "[program prog]\n"
        "seal = -gaps\n"
        "report-to = file:/var/log/prog\n"
        "[program other]\n"
        "mode = off\n"
        "[object libx.so.1]\n"
        "seal = none\n"
        "[object /usr/lib/libx.so.1.0]\n"
        "only-in = prog\n"
        "mode = audit\n"
        "[object libx*]\n"
        "only-in = other\n"
        "mode = off\n"
    )

    def test_program(self):
        self.assertEqual(
            self.explained(self.SECTIONS, "/usr/bin/prog"),
            "program: /usr/bin/prog\n"
            "policy: POLICY\n"
            "key          value                        decided by\n"
            "mode         enforce                      built-in\n"
            "seal         text rodata relro data vdso  built-in, POLICY:3 [defaults], "
            "POLICY:5 [program prog]\n"
            "relro        private                      built-in\n"
            "text         auto                         built-in\n"
            "dlopen       seal                         built-in\n"
            "exec-gain    allow                        built-in\n"
            "on-refused   report                       built-in\n"
            "report-to    file:/var/log/prog           POLICY:6 [program prog]\n"
            "mapped-code  leave                        built-in\n"
            "environment  allow                        built-in\n"
            "seccomp      probe                        built-in\n",
        )

    def test_object_by_name_and_by_path(self):
        table = (
            "program: /usr/bin/prog\n"
            "object: /usr/lib/libx.so.1.0\n"
            "policy: POLICY\n"
            "key          value    decided by\n"
            "mode         audit    POLICY:13 [object /usr/lib/libx.so.1.0]\n"
            "seal         none     POLICY:10 [object libx.so.1]\n"
            "relro        private  built-in\n"
            "text         auto     built-in\n"
            "dlopen       seal     built-in\n"
            "mapped-code  leave    built-in\n"
        )
        for name in ("libx.so.1", "libx.so.1.0", "/usr/lib/libx.so.1"):
            self.assertEqual(self.explained(self.SECTIONS, "/usr/bin/prog", name), table)

    def test_object_whose_name_no_loader_has(self):
        """By the file's own path alone, [object libx.so.1] does not match."""
        text = self.explained(self.SECTIONS, "/usr/bin/prog", "/usr/lib/libx.so.1.0")
        self.assertIn("seal         text rodata relro data vdso", text)

    def test_program_as_an_object(self):
        text = self.explained("[object prog]\nmode = off\n", "/usr/bin/prog", "/usr/bin/prog")
        self.assertIn("mode         off                          POLICY:3 [object prog]\n", text)

    def test_program_by_a_link(self):
        self.link("/usr/bin/link", "prog")
        text = self.explained("[program link]\nmode = off\n", "/usr/bin/link")
        self.assertTrue(text.startswith("program: /usr/bin/prog\n"))
        self.assertIn("mode         enforce", text)

    def test_json(self):
        path = self.policy("[defaults]\nseal = text\n[program prog]\nseal = +data\n")
        document = self.document("explain", "--policy", path, "/usr/bin/prog")
        seal = document["keys"][1]
        del document["keys"]
        self.assertEqual(
            document,
            {"schema": "sealwax-policy-explain 1", "program": "/usr/bin/prog", "object": None,
             "policy": path, "errors": [], "ok": True},
        )
        self.assertEqual(
            seal,
            {"key": "seal", "value": "text data", "built_in": False,
             "causes": [
                 {"section": "[defaults]", "section_line": 2, "line": 3, "value": "text"},
                 {"section": "[program prog]", "section_line": 4, "line": 5, "value": "+data"},
             ]},
        )

    def test_what_cannot_be_explained(self):
        self.put("/usr/bin/script", b"#!/bin/sh\n")
        for names, message in (
            (["/none"], "cannot open '/none': No such file or directory; check the path"),
            (["/usr/bin/script"], "/usr/bin/script is a script, which /bin/sh runs; name a program "
                                  "or a library"),
            (["/usr/bin/prog", "liby.so"],
             "/usr/bin/prog does not need a 'liby.so'; give the path of what it opens while it "
             "runs"),
        ):
            self.check(self.command("explain", *names), 2, err=f"sealwax: {message}\n")
            self.assertEqual(
                self.document("explain", *names, code=2),
                {"schema": "sealwax-policy-explain 1",
                 "errors": [{"file": None, "message": message}], "ok": False},
            )

    def test_setuid_program_heeds_what_root_alone_can_write(self):
        self.system_policy("[defaults]\nmode = off\n")
        os.chmod(self.root + "/etc/sealwax/policy.conf", 0o666)
        self.assertEqual(self.command("explain", "/usr/bin/prog").code, 0)
        os.chmod(self.root + "/usr/bin/prog", 0o4755)
        outcome = self.command("explain", "/usr/bin/prog")
        self.assertEqual(
            (outcome.code, outcome.err),
            (2, "sealwax: cannot read the policy /etc/sealwax/policy.conf: a privileged program "
                "takes only a file that root alone can write; the built-in default holds "
                "instead\n"),
        )
        self.assertIn("policy: built-in default\n", outcome.out)


class Usage(Policies):
    def hint(self, name=""):
        return f"; 'sealwax policy{name} --help' tells how to use it\n"

    def test_subcommands(self):
        self.check(sealwax("policy"), 64, err="sealwax: no subcommand given" + self.hint())
        self.check(sealwax("policy", "lint"), 64,
                   err="sealwax: there is no subcommand 'lint'" + self.hint())

    def test_arguments(self):
        self.check(sealwax("policy", "explain"), 64,
                   err="sealwax: no PROGRAM given" + self.hint(" explain"))
        self.check(sealwax("policy", "show", "x"), 64,
                   err="sealwax: 'x' is one argument too many" + self.hint(" show"))
        self.check(sealwax("policy", "explain", "a", "b", "c"), 64,
                   err="sealwax: 'c' is one argument too many" + self.hint(" explain"))
        outcome = sealwax("policy", "explain", "--json")
        self.assertEqual(
            (outcome.code, json.loads(outcome.out)),
            (64, {"schema": "sealwax-policy-explain 1",
                  "errors": [{"file": None, "message": "no PROGRAM given"}], "ok": False}),
        )

    def test_help(self):
        text = sealwax("policy", "--help")
        self.assertEqual((text.code, text.err), (0, ""))
        for name in ("check", "show", "explain"):
            self.assertIn(f"sealwax policy {name} ", text.out)
            self.assertEqual(sealwax("policy", name, "-h"), text)

    def test_root_that_is_none(self):
        where = self.path("nowhere")
        self.check(
            sealwax("policy", "show", "--root", where), 2,
            err=f"sealwax: cannot look into {where}: No such file or directory; name the folder of "
                "a system\n",
        )

    def test_answer_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([SEALWAX, "policy", "show", "--root", self.root], stdout=full,
                                    stderr=subprocess.PIPE, text=True, env=clean_environment(),
                                    check=False)
        self.assertEqual(
            (result.returncode, result.stderr),
            (2, "sealwax: cannot write the answer to stdout: No space left on device; it is cut "
                "short\n"),
        )


if __name__ == "__main__":
    unittest.main()
