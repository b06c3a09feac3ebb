# SPDX-License-Identifier: Apache-2.0
"""sealwax policy apply, enable, disable and mode: what they make of the system's policy."""

import json
import os

from made_policies import Policies
from rights import main_as_root

SHIPPED = os.environ["SEALWAX_POLICY_FOLDER"]
CONF = "/etc/sealwax/policy.conf"
BORDER = "# ==== taken from /etc/sealwax/policy.d by 'sealwax policy apply', which replaces it ====\n"
END = "# ==== up to here ====\n"
FIRST = "sealwax-policy 1\n"


class Changes(Policies):
    def part(self, name, sections, mode=0o644):
        self.put(f"/etc/sealwax/policy.d/{name}", (FIRST + sections).encode(), mode)

    def text(self, path=CONF):
        with open(self.root + path, encoding="utf-8") as file:
            return file.read()

    def done(self, *command, code=0):
        outcome = self.command(*command)
        self.assertEqual((outcome.code, outcome.err), (code, ""), outcome)
        return outcome.out


class Apply(Changes):
    def test_parts_stand_behind_the_policy_in_the_order_of_their_names(self):
        self.system_policy("[defaults]\nmode = audit\n")
        self.part("20-b.conf", "# Why.\n[program b]\nmode = off\n")
        self.part("10-a.conf", "\n[program a]\n  seal = -text\n")
        self.part("notes.txt", "no part")
        self.part(".hidden.conf", "no part")
        self.done("apply")
        self.assertEqual(
            self.text(),
            FIRST + "[defaults]\nmode = audit\n" + BORDER
            + "# /etc/sealwax/policy.d/10-a.conf\n[program a]\n  seal = -text\n"
            + "# /etc/sealwax/policy.d/20-b.conf\n[program b]\nmode = off\n" + END,
        )
        self.assertIn("nothing to do", self.done("apply"))

    def test_what_was_written_behind_them_stays(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        with open(self.root + CONF, "a", encoding="utf-8") as file:
            file.write("[program b]\nmode = off\n")
        self.part("a.conf", "[program a]\nmode = audit\n")
        self.done("apply")
        self.assertTrue(self.text().endswith("[program a]\nmode = audit\n" + END
                                             + "[program b]\nmode = off\n"))

    def test_key_behind_them_is_no_parts(self):
        """It would belong to the last section of a part, and to another one's once that part goes."""
        self.part("a.conf", "[program a]\nseal = -text\n")
        self.done("apply")
        before = self.text() + "# Mine.\n\n  mode = off\n"
        self.put(CONF, before.encode())
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        self.assertIn("would belong to the last section of the parts; begin with a section there", outcome.err)
        self.assertEqual(self.text(), before)

    def test_nothing_is_replaced_where_nobody_knows_up_to_where(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        self.put(CONF, self.text().replace(END, "").encode())
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        self.assertIn("lacks the line that ends what was taken", outcome.err)

    def test_what_holds_is_what_all_say(self):
        self.system_policy("[defaults]\nmode = audit\n")
        self.part("a.conf", "[program prog]\nmode = enforce\n")
        self.assertEqual(self.mode_of_prog(), "audit")
        self.done("apply")
        self.assertEqual(self.mode_of_prog(), "enforce")

    def mode_of_prog(self):
        keys = self.document("explain", "/usr/bin/prog")["keys"]
        return next(key["value"] for key in keys if key["key"] == "mode")

    def test_part_that_went_is_gone(self):
        self.system_policy("[defaults]\nmode = audit\n")
        before = self.text()
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        os.unlink(self.root + "/etc/sealwax/policy.d/a.conf")
        self.done("apply")
        self.assertEqual(self.text(), before)

    def test_without_a_policy(self):
        self.assertIn("nothing to do", self.done("apply"))
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        self.assertTrue(self.text().startswith(FIRST + BORDER))

    def test_mistake_keeps_the_last_good_one(self):
        self.system_policy("[defaults]\nmode = audit\n")
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        good = self.text()
        self.part("b.conf", "[program b]\nmode = observe\n")
        path = self.root + CONF
        self.check(
            self.command("apply"), 2, "",
            f"sealwax: {self.root}/etc/sealwax/policy.d/b.conf:3:8: mode must be enforce, audit or "
            f"off ('observe'); {path} stays as it was\n",
        )
        self.assertEqual(self.text(), good)
        self.assertEqual(self.command("check").code, 1)  # There is no program 'a'.

    def test_part_that_others_may_write_is_refused(self):
        self.part("a.conf", "[program a]\nmode = off\n", 0o666)
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        self.assertIn("has mode 0666", outcome.err)

    def test_dry_run(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        out = self.done("apply", "--dry-run")
        self.assertIn("+[program a]\n", out)
        self.assertFalse(os.path.exists(self.root + CONF))

    def test_json(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        document = json.loads(self.done("apply", "--json"))
        self.assertEqual((document["schema"], document["changed"], document["ok"]),
                         ("sealwax-policy-apply 1", True, True))

    def test_mode_and_owner_stay(self):
        self.put(CONF, FIRST.encode(), 0o600)
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        self.assertEqual(os.stat(self.root + CONF).st_mode & 0o777, 0o600)

    def test_link_is_not_replaced(self):
        self.put("/etc/real.conf", FIRST.encode())
        self.link(CONF, "../real.conf")
        self.part("a.conf", "[program a]\nmode = off\n")
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        self.assertIn("is a symbolic link", outcome.err)


class Enable(Changes):
    def setUp(self):
        super().setUp()
        self.put(f"{SHIPPED}/exceptions.d/java.conf",
                 (FIRST + "[program java]\nexec-gain = allow\n").encode())

    def test_taken_in_and_out(self):
        self.assertEqual(self.done("enable"), "java\n")
        self.done("enable", "java")
        self.assertIn("[program java]\nexec-gain = allow\n", self.text())
        self.done("disable", "java")
        self.assertEqual(self.text(), FIRST)
        outcome = self.command("disable", "java")
        self.assertEqual(outcome.code, 2)
        self.assertIn("/etc/sealwax/policy.d/java.conf; 'ls ", outcome.err)

    def test_dry_run(self):
        self.done("enable", "--dry-run", "java")
        self.assertFalse(os.path.exists(self.root + "/etc/sealwax"))

    def test_unknown(self):
        outcome = self.command("enable", "jav")
        self.assertEqual(outcome.code, 2)
        self.assertIn("there is no exception 'jav'", outcome.err)

    def test_one_that_was_changed_by_hand_stays(self):
        self.part("java.conf", "[program java]\nmode = off\n")
        outcome = self.command("enable", "java")
        self.assertEqual(outcome.code, 2)
        self.assertIn("says something else", outcome.err)


class Mode(Changes):
    def test_value_is_changed_and_nothing_else(self):
        self.system_policy("# First\n[defaults]\n  mode  =  audit\nseal = all\n\n[program prog]\nseal = text")
        out = self.done("mode", "enforce")
        self.assertIn("-  mode  =  audit\n+  mode  =  enforce\n", out)
        self.assertEqual(self.text(), FIRST + "# First\n[defaults]\n  mode  =  enforce\nseal = all\n\n"
                                              "[program prog]\nseal = text")
        self.assertIn("nothing to do", self.done("mode", "enforce"))

    def test_section_without_a_mode(self):
        self.system_policy("[defaults]\nseal = all\n")
        self.done("mode", "observe")
        self.assertEqual(self.text(), FIRST + "[defaults]\nmode = audit\nseal = all\n")

    def test_no_section_and_no_policy(self):
        self.system_policy("[program prog]\nseal = text\n")
        self.done("mode", "observe")
        self.assertEqual(self.text(), FIRST + "\n[defaults]\nmode = audit\n[program prog]\nseal = text\n")
        os.unlink(self.root + CONF)
        self.done("mode", "observe")
        self.assertEqual(self.text(), FIRST + "\n[defaults]\nmode = audit\n")

    def test_of_a_program(self):
        self.system_policy("[defaults]\nmode = audit\n")
        self.done("mode", "enforce", "--program", "/usr/bin/prog")
        self.assertEqual(
            self.text(), FIRST + "[defaults]\nmode = audit\n\n[program /usr/bin/prog]\nmode = enforce\n"
        )

    def test_who_says_otherwise_is_told_of(self):
        self.system_policy("[defaults]\nmode = enforce\n[program prog]\nmode = enforce\n")
        self.assertIn("note: line 5: [program prog] says mode = enforce\n",
                      self.done("mode", "observe"))

    def test_section_further_down_that_sets_it_again(self):
        self.system_policy("[program prog]\nmode = audit\n[program p*]\nmode = audit\n")
        outcome = self.command("mode", "enforce", "--program", "prog")
        self.assertEqual(outcome.code, 2)
        self.assertIn("line 5", outcome.err)

    def test_parts_stay_behind(self):
        self.system_policy("[defaults]\nmode = audit\n")
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("mode", "enforce")
        self.assertTrue(self.text().startswith(FIRST + "[defaults]\nmode = enforce\n" + BORDER))

    def test_dry_run(self):
        self.system_policy("[defaults]\nmode = audit\n")
        before = self.text()
        self.assertIn("+mode = enforce\n", self.done("mode", "--dry-run", "enforce"))
        self.assertEqual(self.text(), before)

    def test_mistake(self):
        self.system_policy("[defaults]\nmode = on\n")
        self.assertEqual(self.command("mode", "observe").code, 2)


class Usage(Changes):
    def test_usage(self):
        for command in (("mode",), ("mode", "audit"), ("apply", "x"), ("disable",),
                        ("enable", "../x")):
            self.assertEqual(self.command(*command).code, 64, command)


if __name__ == "__main__":
    main_as_root()
