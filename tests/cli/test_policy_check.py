# SPDX-License-Identifier: Apache-2.0
"""sealwax policy check: mistakes and useless parts, each with its place."""

import os
import pathlib
import unittest

from elf_maker import Elf
from made_policies import Policies
from made_system import ORDINARY
from support import sealwax


KEYS = ("there are seal, mode, relro, text, dlopen, exec-gain, on-refused, report-to, mapped-code, "
        "environment and seccomp")


class Check(Policies):
    def warnings(self, sections, *expected):
        path = self.policy(sections)
        self.check(
            self.command("check", path),
            1 if expected else 0,
            "".join(f"{path}:{place}: warning: {text}\n" for place, text in expected)
            or f"{path}: sound\n",
        )

    def test_sound(self):
        self.warnings("[defaults]\nseal = +data\n"
                      "[program prog]\nseal = -data\n"
                      "[program /usr/bin/prog]\nrelro = in-place\n"
                      "[program /usr/bin/p*]\ndlopen = skip\n"
                      "[object libx.so.1]\nmode = audit\n"
                      "[object /usr/lib/libx.so.*]\nonly-in = prog\nmode = enforce\n")

    def test_mistakes(self):
        for text, place, what in (
            ("", "1:1", "the first line must be 'sealwax-policy 1'"),
            ("sealwax-policy 1\n[defaults]\n  colour = red\n", "3:3", f"unknown key ('colour'); {KEYS}"),
            ("sealwax-policy 1\n[defaults]\nmod = audit\n", "3:1",
             f"unknown key ('mod'); {KEYS}; did you mean 'mode'?"),
            ("sealwax-policy 1\n[defaults]\nsael = text\n", "3:1",
             f"unknown key ('sael'); {KEYS}; did you mean 'seal'?"),
            ("sealwax-policy 1\n[object x]\nseal = vdso\n", "3:8",
             "region of the process, which an [object] section cannot have ('vdso')"),
            ("sealwax-policy 1\n[defaults]\nseal = +data text\n", "3:14",
             "a list either sets the regions or amends them by + and -, never both ('text')"),
            ("Sealwax-Policy 1\n", "1:1", "the first line must be 'sealwax-policy 1'"),
            ("sealwax-policy 1\n\0\n", "2:1", "NUL byte: this is not a text file"),
            ("sealwax-policy 1\n[defaults]\nMode = audit\n", "3:1",
             f"unknown key ('Mode'); {KEYS}; did you mean 'mode'?"),
            ("sealwax-policy 1\n[object x]\nsel = text\n", "3:1",
             "unknown key ('sel'); there are seal, mode, relro, text, dlopen, mapped-code and "
             "only-in; did you mean 'seal'?"),
            ("sealwax-policy 1\n[defaults]\nmode = observe\n", "3:8",
             "mode must be enforce, audit or off ('observe'); did you mean 'audit'?"),
            ("sealwax-policy 1\n[defaults]\nmode = Audit\n", "3:8",
             "mode must be enforce, audit or off ('Audit'); did you mean 'audit'?"),
            ("sealwax-policy 1\n[defaults]\nmode = \"audit\"\n", "3:8",
             "mode must be enforce, audit or off ('\"audit\"'); values have no quotes"),
            ("sealwax-policy 1\n[defaults]\nmode = audit # for now\n", "3:8",
             "mode must be enforce, audit or off ('audit # for now'); a comment has a line of its "
             "own, that begins with its '#'"),
            ("sealwax-policy 1\n[defaults] # all\nmode = off\n", "2:12",
             "text behind a section header ('# all'); a comment has a line of its own, that begins "
             "with its '#'"),
            ("sealwax-policy 1\n[defaults]\nseal = text, vdso\n", "3:8",
             "unknown region: there are text, rodata, relro, gaps, data, vdso and stack ('text,'); "
             "regions have blanks between them, and no commas"),
            ("sealwax-policy 1\n[default]\nmode = off\n", "2:2",
             "unknown section: there are [defaults], [program GLOB] and [object GLOB] ('default'); "
             "did you mean 'defaults'?"),
            ("sealwax-policy 1\n[program]\nmode = off\n", "2:2",
             "unknown section: there are [defaults], [program GLOB] and [object GLOB] ('program'); "
             "it lacks its glob"),
            ("sealwax-policy 1\n[defaults]\nseal = text crust\n", "3:13",
             "unknown region: there are text, rodata, relro, gaps, data, vdso and stack ('crust')"),
            ("sealwax-policy 1\n[program a[]\nmode = off\n", "2:11",
             "'[' without its ']' in a glob (for a plain '[' write '\\[') ('[')"),
        ):
            path = self.write("policy", text)
            self.check(self.command("check", path), 2, f"{path}:{place}: error: {what}\n")

    def test_all_at_once(self):
        path = self.write("policy",
                          "[defaults]\nmode = on\n[objekt libx.so.1]\nmode = off\nsel = text\n"
                          "[object libx.so.1]\nonly-in = prog\nseal = stack\n")
        outcome = self.command("check", path)
        self.assertEqual(outcome.code, 2)
        self.assertEqual([line[len(path):].split(" (")[0] for line in outcome.out.splitlines()],
                         [":1:1: error: the first line must be 'sealwax-policy 1'",
                          ":2:8: error: mode must be enforce, audit or off",
                          ":3:2: error: unknown section: there are [defaults], [program GLOB] and "
                          "[object GLOB]",
                          ":5:1: error: unknown key",
                          ":8:8: error: region of the process, which an [object] section cannot "
                          "have"])

    def test_line_ends_of_another_system_are_one_mistake(self):
        path = self.write("policy", "sealwax-policy 1\r\n[defaults]\r\nmode = on\r\n")
        self.check(self.command("check", path), 2,
                   f"{path}:1:17: error: carriage return: lines must end in a line feed alone\n"
                   f"{path}:3:8: error: mode must be enforce, audit or off ('on')\n")

    def test_stdin(self):
        for text, code, answer in (
            ("sealwax-policy 1\n[defaults]\nmode = audit\n", 0, "stdin: sound\n"),
            ("sealwax-policy 1\n[defaults]\nmode = on\n", 2,
             "stdin:3:8: error: mode must be enforce, audit or off ('on')\n"),
        ):
            self.check(self.command("check", "-", input=text), code, answer)

    def test_system_without_a_policy_is_sound(self):
        self.check(self.command("check"), 0,
                   "/etc/sealwax/policy.conf: not there: the built-in default holds, which is "
                   "sound\n")
        self.assertEqual(self.document("check")["files"][0]["present"], False)

    def test_script_and_static_program(self):
        self.put("/usr/bin/script", b"#!/usr/bin/prog\n", 0o755)
        self.warnings(
            "[program /usr/bin/script]\nmode = off\n",
            ("2:10", "'/usr/bin/script' matches no program: it is a script, which /usr/bin/prog "
                     "runs, and a script's program is what runs it; name that"),
        )
        self.put("/usr/bin/static", Elf(segments=ORDINARY))
        path = self.policy("[program /usr/bin/static]\nmode = off\n")
        self.check(self.command("check", path), 0,
                   f"{path}:2:10: note: /usr/bin/static is static, so that no library is loaded "
                   "into it: what this section says of mode, seal, relro and text holds where "
                   f"'sealwax run' or 'sealwax seal' seals it\n{path}: sound\n")

    def test_of_several_each_is_answered(self):
        good = self.policy("[defaults]\nmode = off\n")
        bad = self.policy("[defaults]\nmode = on\n", "bad")
        none = self.path("none")
        self.check(
            self.command("check", bad, none, good),
            2,
            f"{bad}:3:8: error: mode must be enforce, audit or off ('on')\n{good}: sound\n",
            f"sealwax: cannot read the policy {none}: No such file or directory\n",
        )

    def test_the_systems_without_a_file(self):
        self.system_policy("[defaults]\nmode = on\n")
        self.check(
            self.command("check"),
            2,
            "/etc/sealwax/policy.conf:3:8: error: mode must be enforce, audit or off ('on')\n",
        )

    def test_section_that_sets_nothing(self):
        self.warnings(
            "[program prog]\n[object libx.so.1]\nonly-in = prog\n",
            ("2:1", "[program prog] sets nothing; give it a key or remove it"),
            ("3:1", "[object libx.so.1] sets nothing; give it a key or remove it"),
        )

    def decides_nothing(self, sections, header, line):
        self.warnings(
            sections,
            ("2:1", f"{header} decides nothing: wherever it holds, all its keys are set again "
                    f"further down, by line {line} at the latest; move it behind that or remove "
                    "it"),
        )

    def test_section_that_later_ones_shadow(self):
        self.decides_nothing("[program prog]\nmode = off\nrelro = in-place\n"
                             "[defaults]\nmode = enforce\n[program p*]\nrelro = private\n",
                             "[program prog]", 8)
        self.decides_nothing("[object libx.so.1]\nmode = off\n[object libx*]\nmode = audit\n",
                             "[object libx.so.1]", 5)
        self.decides_nothing("[object libx.so.1]\nonly-in = prog\nmode = off\n"
                             "[program prog]\nmode = audit\n",
                             "[object libx.so.1]", 6)
        self.decides_nothing("[defaults]\nseal = +data -text\n"
                             "[defaults]\nseal = -data\n[defaults]\nseal = +text +stack\n",
                             "[defaults]", 7)

    def test_section_that_later_ones_shadow_in_part(self):
        self.warnings("[program prog]\nmode = off\n[program p*og]\nmode = audit\n"
                      "[object libx.so.1]\nmode = off\n",
                      ("2:1", "[program prog] decides nothing: wherever it holds, all its keys are "
                              "set again further down, by line 5 at the latest; move it behind "
                              "that or remove it"))
        self.warnings("[program p*]\nmode = off\n[program prog]\nmode = audit\n")
        self.warnings("[object libx.so.1]\nmode = off\n"
                      "[object libx*]\nonly-in = prog\nmode = audit\n")
        self.warnings("[program prog]\nmode = off\n[object libx.so.1]\nmode = audit\n")
        self.warnings("[defaults]\nseal = +data -text\n[defaults]\nseal = -data\n")
        self.warnings("[defaults]\nseal = text\n[defaults]\nseal = +data\n")

    def test_key_that_later_sections_shadow(self):
        self.warnings(
            "[program prog]\nmode = off\nrelro = in-place\n[defaults]\nrelro = private\n",
            ("4:1", "'relro' decides nothing: line 6 sets it again wherever this section holds; "
                    "remove one of the two"),
        )

    def test_glob_that_can_match_nothing(self):
        why = ("with a slash in it, it is matched against a whole path, which begins with a slash "
               "and ends with a name")
        self.warnings(
            "[program usr/bin/prog]\nmode = off\n[object /usr/lib/]\nonly-in = bin/prog\n"
            "mode = off\n",
            ("2:10", f"'usr/bin/prog' can match nothing: {why}"),
            ("4:9", f"'/usr/lib/' can match nothing: {why}"),
            ("5:11", f"'bin/prog' can match nothing: {why}"),
        )

    def test_glob_that_matches_no_file(self):
        self.warnings(
            "[program none*]\nmode = off\n[program /usr/bin/none]\nmode = off\n"
            "[program libx.so.1]\nmode = off\n"
            "[object none.so]\nonly-in = no[mn]e\nmode = off\n",
            ("2:10", "'none*' matches no program that is here; check the path"),
            ("4:10", "'/usr/bin/none' matches no program that is here; check the path"),
            ("6:10", "'libx.so.1' matches no program that is here; check the path"),
            ("8:9", "'none.so' matches no file that is here; check the path"),
            ("9:11", "'no[mn]e' matches no program that is here; check the path"),
        )

    def test_files_are_not_looked_for_if_not_wanted(self):
        path = self.policy("[program none]\nmode = off\n")
        self.check(self.command("check", "--no-files", path), 0, f"{path}: sound\n")

    def test_files_are_not_looked_for_in_what_is_for_any_system(self):
        path = self.policy("# For any system.\n[program none]\nmode = off\n")
        self.check(self.command("check", path), 0, f"{path}: sound\n")
        path = self.policy("# Not for any system.\n[program none]\nmode = off\n")
        self.assertEqual(self.command("check", path).code, 1)

    def test_policies_that_are_shipped_are_sound(self):
        shipped = sorted((pathlib.Path(__file__).resolve().parents[2] / "policies").glob("*.conf"))
        self.assertEqual(len(shipped), 5)
        for file in shipped:  # elsewhere, for the group may write to a checkout of a umask of 002
            path = self.write(file.name, file.read_text())
            self.check(sealwax("policy", "check", path), 0, f"{path}: sound\n")

    def test_program_that_is_a_link(self):
        self.link("/bin", "usr/bin")
        self.link("/usr/bin/link", "prog")
        self.warnings(
            "[program /bin/prog]\nmode = off\n[program /usr/bin/link]\nmode = off\n",
            ("2:10", "'/bin/prog' matches no program: the kernel calls that one /usr/bin/prog; "
                     "name it so"),
            ("4:10", "'/usr/bin/link' matches no program: the kernel calls that one "
                     "/usr/bin/prog; name it so"),
        )

    def test_libraries_have_the_names_of_links_too(self):
        self.link("/lib", "usr/lib")
        self.warnings("[object /lib/libx.so.1]\nmode = off\n[object /lib/libx*]\nmode = audit\n",
                      ("2:1", "[object /lib/libx.so.1] decides nothing: wherever it holds, all its "
                              "keys are set again further down, by line 5 at the latest; move it "
                              "behind that or remove it"))
        self.warnings("[object /l*/libx.so.1]\nmode = off\n")

    def test_only_in_that_excludes_the_object_itself(self):
        self.program("/usr/bin/other")
        self.warnings(
            "[object /usr/bin/prog]\nonly-in = other\nmode = off\n",
            ("3:11", "[object /usr/bin/prog] can never hold: /usr/bin/prog is a program, which is "
                     "an object of itself alone, and only-in excludes it; remove only-in or change "
                     "it"),
        )
        self.warnings("[object /usr/bin/prog]\nonly-in = p*\nmode = off\n")

    def test_json(self):
        path = self.policy("[program none]\nmode = off\n")
        bad = self.policy("[defaults]\nmode = on\n", "bad")
        gone = self.path("gone")
        self.assertEqual(
            self.document("check", path, bad, gone, code=2),
            {
                "schema": "sealwax-policy-check 1",
                "files": [
                    {"file": path, "present": True, "readable": True, "ok": False, "mistakes": [],
                     "notes": [],
                     "warnings": [{"line": 2, "column": 10,
                                   "message": "'none' matches no program that is here; check the "
                                              "path"}]},
                    {"file": bad, "present": True, "readable": True, "ok": False, "notes": [],
                     "mistakes": [{"line": 3, "column": 8,
                                   "message": "mode must be enforce, audit or off ('on')"}],
                     "warnings": []},
                    {"file": gone, "present": True, "readable": False, "ok": False, "notes": [],
                     "mistakes": [], "warnings": []},
                ],
                "errors": [{"file": gone, "message": f"cannot read the policy {gone}: No such file "
                                                     "or directory"}],
                "ok": False,
            },
        )

    def test_files_that_are_no_policies(self):
        os.mkfifo(self.path("fifo"))
        with open(self.path("big"), "wb") as file:
            file.write(b"\n" * (1 << 20))
        for name, why in (("fifo", "not a regular file"), (".", "not a regular file"),
                          ("big", "larger than 1 MiB")):
            path = self.path(name)
            self.check(self.command("check", path), 2,
                       err=f"sealwax: cannot read the policy {path}: {why}\n")


if __name__ == "__main__":
    unittest.main()
