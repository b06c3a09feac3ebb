# SPDX-License-Identifier: Apache-2.0
"""sealwax policy apply, enable, disable and mode: what they make of the system's policy."""

import fcntl
import json
import os
import threading

from made_policies import Policies
from rights import main_as_root
from support import SEALWAX, execute

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
            f"off ('observe'); did you mean 'audit'?\n"
            f"sealwax: {path} stays as it was; correct that and try again\n",
        )
        self.assertEqual(self.text(), good)
        self.assertEqual(self.command("check").code, 1)  # There is no program 'a'.

    def test_all_mistakes_are_told_at_once(self):
        self.part("a.conf", "[program a]\nmdoe = off\nseal = tetx\n")
        self.part("b.conf", "[progam b]\n")
        err = self.command("apply").err
        for told in ("a.conf:3:1: unknown key ('mdoe')", "did you mean 'mode'?", "a.conf:4:8: ",
                     "did you mean 'text'?", "b.conf:2:2: ", "did you mean 'program'?"):
            self.assertIn(told, err)

    def test_part_that_is_no_file_is_refused(self):
        self.system_policy("")
        os.makedirs(f"{self.root}/etc/sealwax/policy.d/a.conf")
        os.mkfifo(f"{self.root}/etc/sealwax/policy.d/b.conf")
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        for name in ("a", "b"):
            self.assertIn(f"policy.d/{name}.conf: not a regular file\n", outcome.err)

    def test_file_in_the_place_of_the_folder_takes_nothing_out(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        self.done("apply")
        before = self.text()
        os.unlink(f"{self.root}/etc/sealwax/policy.d/a.conf")
        os.rmdir(f"{self.root}/etc/sealwax/policy.d")
        self.put("/etc/sealwax/policy.d", b"")
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        self.assertIn("policy.d: Not a directory\n", outcome.err)
        self.assertEqual(self.text(), before)

    def test_policy_in_which_nothing_is_has_a_mistake(self):
        self.put(CONF, b"")
        outcome = self.command("apply")
        self.assertEqual(outcome.code, 2)
        self.assertIn("policy.conf:1:1: the first line must be 'sealwax-policy 1'\n", outcome.err)

    def test_programs_of_every_user_can_read_it_whatever_the_umask(self):
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        self.done("mode", "observe")
        for path, mode in ((CONF, 0o644), ("/etc/sealwax", 0o755)):
            self.assertEqual(os.stat(self.root + path).st_mode & 0o777, mode)

    def test_what_cannot_be_written_leaves_nothing(self):
        """Nor does the limit of file sizes end the tool by its signal."""
        self.part("a.conf", "[program a]\nmode = off\n")
        outcome = execute("sh", "-c", 'ulimit -f 0; exec "$@"', "sh", SEALWAX, "policy", "apply", "--root", self.root)
        self.check(outcome, 2, err=f"sealwax: cannot write {self.root}{CONF}: File too large; raise the limit of "
                                   "file sizes (ulimit -f)\n")
        self.assertEqual(os.listdir(f"{self.root}/etc/sealwax"), ["policy.d"])

    def test_of_two_at_once_the_second_waits(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        path = f"{self.root}/etc/sealwax/.sealwax-lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        other = threading.Thread(target=lambda: self.done("apply"))
        other.start()
        other.join(0.5)
        self.assertTrue(other.is_alive())
        self.assertFalse(os.path.exists(self.root + CONF))
        fcntl.flock(lock, fcntl.LOCK_UN)
        other.join()
        self.assertIn("[program a]\n", self.text())
        self.assertFalse(os.path.exists(path))

    def test_folder_that_anybody_can_lock_keeps_nobody_out(self):
        self.part("a.conf", "[program a]\nmode = off\n")
        folder = os.open(f"{self.root}/etc/sealwax", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        self.done("apply")
        self.assertIn("[program a]\n", self.text())

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

    def test_part_that_was_never_put_into_a_policy_goes_alone(self):
        self.part("java.conf", "[program java]\nexec-gain = allow\n")
        self.done("disable", "java")
        self.assertEqual(os.listdir(f"{self.root}/etc/sealwax"), ["policy.d"])
        self.assertEqual(os.listdir(f"{self.root}/etc/sealwax/policy.d"), [])

    def test_dry_run(self):
        self.assertIn("+[program java]\n", self.done("enable", "--dry-run", "java"))
        self.assertFalse(os.path.exists(self.root + "/etc/sealwax"))

    def test_names_as_json(self):
        document = json.loads(self.done("enable", "--json"))
        self.assertEqual((document["schema"], document["exceptions"], document["changed"]),
                         ("sealwax-policy-enable 1", ["java"], False))

    def test_unknown(self):
        outcome = self.command("enable", "jav")
        self.assertEqual(outcome.code, 2)
        self.assertIn("there is no exception 'jav'", outcome.err)
        self.assertIn("did you mean 'java'? 'sealwax policy enable' lists them", outcome.err)

    def test_of_several_all_or_none(self):
        self.assertEqual(self.command("enable", "java", "jvaa").code, 2)
        self.assertFalse(os.path.exists(self.root + "/etc/sealwax"))
        self.done("enable", "java")
        before = self.text()
        outcome = self.command("disable", "java", "jvaa")
        self.assertEqual(outcome.code, 2)
        self.assertIn("did you mean 'java'?", outcome.err)
        self.assertEqual(self.text(), before)
        self.assertTrue(os.path.exists(f"{self.root}/etc/sealwax/policy.d/java.conf"))

    def test_beside_a_policy_with_a_mistake_nothing_is_taken_in(self):
        self.system_policy("[defaults]\nmode = observe\n")
        self.assertEqual(self.command("enable", "java").code, 2)
        self.assertFalse(os.path.exists(f"{self.root}/etc/sealwax/policy.d"))

    def test_part_stays_out_where_the_policy_cannot_be_written(self):
        self.put("/etc/real.conf", FIRST.encode())
        self.link(CONF, "../real.conf")
        self.assertEqual(self.command("enable", "java").code, 2)
        self.assertFalse(os.path.exists(f"{self.root}/etc/sealwax/policy.d/java.conf"))

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

    def test_program_that_is_no_glob(self):
        self.system_policy("[defaults]\nmode = enforce\n")
        before = self.text()
        for glob in ("", "/usr/bin/[", "a\nmode = off", "a]\nmode = off\n[program b"):
            outcome = self.command("mode", "observe", "--program", glob)
            self.assertEqual(outcome.code, 64, glob)
            self.assertIn("sealwax: --program takes a ", outcome.err)
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
