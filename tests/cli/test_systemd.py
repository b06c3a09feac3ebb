"""sealwax systemd: the drop-in that it writes, and what it says about a unit's settings."""

import json
import os
import re

from rights import main_as_root
from support import LIBRARY, TestCase, program, sealwax

INSTALLED = "/usr/lib/x86_64-linux-gnu/libsealwax.so"
UNSEALED = "the service runs unsealed"
HINT = "; 'sealwax systemd --help' tells how to use it\n"


class Root(TestCase):
    """A system in a folder, with the library and one program."""

    def setUp(self):
        super().setUp()
        self.copy(LIBRARY, "root" + INSTALLED, 0o644)
        self.copy(program("greet"), "root/usr/bin/greet")
        self.root = self.path("root")

    def inside(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        return self.write("root" + path, text, mode)

    def unit(self, *lines, name="demo.service"):
        text = "\n".join(["[Service]", "ExecStart=/usr/bin/greet", *lines])
        return self.inside(f"/usr/lib/systemd/system/{name}", text + "\n")

    def systemd(self, *arguments):
        return sealwax("systemd", "--root", self.root, *arguments)

    def drop_in(self, unit="demo.service"):
        return f"{self.root}/etc/systemd/system/{unit}.d/50-sealwax.conf"


def text_of(*lines):
    return "\n".join(["# Written by sealwax systemd.", "[Service]", *lines]) + "\n"


PLAIN = text_of(f"Environment=LD_PRELOAD={INSTALLED}")


class DropIn(Root):
    def check_print(self, *lines, options=(), err="", code=0):
        self.check(self.systemd("--print", *options, "demo"), code, text_of(*lines), err)

    def test_written_and_removed(self):
        self.unit()
        self.check(self.systemd("demo"), 0, f"written: {self.drop_in()}\n")
        with open(self.drop_in(), encoding="utf-8") as file:
            self.assertEqual(file.read(), PLAIN)
        self.assertEqual(os.stat(self.drop_in()).st_mode & 0o777, 0o644)
        self.assertEqual(os.listdir(os.path.dirname(self.drop_in())), ["50-sealwax.conf"])
        self.check(self.systemd("demo"), 0, f"nothing to do: {self.drop_in()} is so already\n")
        self.check(self.systemd("--remove", "demo"), 0, f"removed: {self.drop_in()}\n")
        self.assertEqual(os.listdir(self.root + "/etc/systemd/system"), [])
        self.check(
            self.systemd("--remove", "demo"), 0, f"nothing to do: there is no {self.drop_in()}\n"
        )

    def test_dry_run_shows_the_change_and_makes_none(self):
        self.unit()
        self.check(
            self.systemd("--dry-run", "demo"),
            0,
            f"--- /dev/null\n+++ {self.drop_in()}\n@@ -0,0 +1,3 @@\n"
            + "".join(f"+{line}\n" for line in PLAIN.splitlines())
            + "not changed (--dry-run)\n",
        )
        self.assertFalse(os.path.exists(self.root + "/etc"))

    def test_json(self):
        self.unit("NoExecPaths=/usr")
        outcome = self.systemd("--json", "demo.service")
        self.assertEqual(outcome.code, 1)
        document = json.loads(outcome.out)
        self.assertTrue(document.pop("diff").startswith("--- /dev/null\n"))
        warning = (
            f"warning: NoExecPaths=/usr covers {INSTALLED}; {UNSEALED} (add ExecPaths={INSTALLED})"
        )
        self.assertEqual(
            document,
            {
                "schema": "sealwax-systemd 1",
                "ok": False,
                "dry_run": False,
                "changed": True,
                "unit": "demo.service",
                "drop_in": self.drop_in(),
                "findings": [warning],
                "errors": [],
            },
        )

    def test_one_that_cannot_be_read_is_not_one_that_is_not_there(self):
        self.unit()
        os.makedirs(os.path.dirname(self.drop_in()))
        os.symlink("50-sealwax.conf", self.drop_in())
        for options in ((), ("--remove",)):
            self.check(
                self.systemd(*options, "demo"),
                2,
                err=f"sealwax: cannot read {self.drop_in()}: Too many levels of symbolic links; "
                f"'ls -ld {self.drop_in()}' shows what it is\n",
            )

    def test_other_files_beside_it_stay(self):
        self.unit()
        other = self.inside("/etc/systemd/system/demo.service.d/10.conf", "[Service]\nNice=1\n")
        self.systemd("demo")
        self.systemd("--remove", "demo")
        self.assertTrue(os.path.exists(other))

    def test_file_of_somebody_else_is_not_removed(self):
        self.unit()
        self.inside("/etc/systemd/system/demo.service.d/50-sealwax.conf", "[Service]\nNice=1\n")
        self.check(
            self.systemd("--remove", "demo"),
            2,
            err=f"sealwax: {self.drop_in()} was not written by sealwax; remove it by hand\n",
        )

    def test_units_own_preload_stays_behind(self):
        self.unit('Environment=A=1 "LD_PRELOAD=/usr/lib/liba.so libb.so"')
        self.check_print(f"Environment=LD_PRELOAD={INSTALLED}:/usr/lib/liba.so:libb.so")

    def test_library_that_is_there_already_is_not_there_twice(self):
        self.unit(f"Environment=LD_PRELOAD=libb.so:{INSTALLED}")
        self.check_print(f"Environment=LD_PRELOAD={INSTALLED}:libb.so")

    def test_cleared_preload_is_forgotten(self):
        self.unit("Environment=LD_PRELOAD=liba.so", "Environment=")
        self.check_print(f"Environment=LD_PRELOAD={INSTALLED}")

    def test_lines_that_go_on_behind_a_comment(self):
        self.unit("Environment=A=1 \\", "# LD_PRELOAD=libc.so \\", "  LD_PRELOAD=liba.so")
        self.check_print(f"Environment=LD_PRELOAD={INSTALLED}:liba.so")

    def test_policy_by_name(self):
        self.unit()
        self.inside("/usr/share/sealwax/mild.conf", "sealwax-policy 1\n")
        self.check_print(
            f"Environment=LD_PRELOAD={INSTALLED}",
            "Environment=SEALWAX_POLICY=/usr/share/sealwax/mild.conf",
            options=["--policy", "mild"],
        )
        self.inside("/etc/sealwax/mild.conf", "sealwax-policy 1\n")
        self.check_print(
            f"Environment=LD_PRELOAD={INSTALLED}",
            "Environment=SEALWAX_POLICY=/etc/sealwax/mild.conf",
            options=["--policy", "mild"],
        )

    def test_policy_with_blanks_and_percents_in_its_path(self):
        self.unit()
        self.inside("/etc/a b%c.conf", "sealwax-policy 1\n")
        self.check_print(
            f"Environment=LD_PRELOAD={INSTALLED}",
            'Environment="SEALWAX_POLICY=/etc/a b%%c.conf"',
            options=["--policy", "/etc/a b%c.conf"],
        )

    def test_path_with_a_control_character(self):
        """systemd would end the line there, or have an escape for it."""
        self.unit()
        for letter, shown in (("\r", "\\x0d"), ("\x1b", "\\x1b"), ("\x7f", "\\x7f")):
            path = f"/etc/a{letter}b.conf"
            self.inside(path, "sealwax-policy 1\n")
            self.check(
                self.systemd("--print", "--policy", path, "demo"),
                2,
                err=f"sealwax: SEALWAX_POLICY would be '/etc/a{shown}b.conf', and a unit takes no "
                "control character; name a path without\n",
            )

    def test_policy_that_others_may_write(self):
        self.unit()
        self.inside("/etc/open.conf", "sealwax-policy 1\n", 0o666)
        self.assertIn(
            "/etc/open.conf has mode 0666, so that everybody may write there",
            self.systemd("--print", "--policy", "/etc/open.conf", "demo").err,
        )

    def test_template_and_alias(self):
        self.unit(name="many@.service")
        self.unit(name="real.service")
        os.makedirs(self.root + "/etc/systemd/system")
        os.symlink(
            "/usr/lib/systemd/system/real.service", self.root + "/etc/systemd/system/other.service"
        )
        self.check(self.systemd("other"), 0, f"written: {self.drop_in('real.service')}\n")
        self.check(self.systemd("many@1"), 0, f"written: {self.drop_in('many@1.service')}\n")
        self.check(self.systemd("many@"), 0, f"written: {self.drop_in('many@.service')}\n")

    def test_drop_ins_of_the_whole_kind_are_read(self):
        self.unit()
        self.inside(
            "/etc/systemd/system/service.d/10.conf", "[Service]\nEnvironment=LD_PRELOAD=liba.so\n"
        )
        self.check_print(f"Environment=LD_PRELOAD={INSTALLED}:liba.so")

    def test_hidden_drop_in_is_not_read(self):
        self.unit()
        name = "systemd/system/demo.service.d/10.conf"
        self.inside(f"/usr/lib/{name}", "[Service]\nEnvironment=LD_PRELOAD=liba.so\n")
        self.inside(f"/etc/{name}", "")
        self.check_print(f"Environment=LD_PRELOAD={INSTALLED}")


class Filter(Root):
    ADDED = [
        f"Environment=LD_PRELOAD={INSTALLED}",
        "# The unit's filter does not list it. Without that filter this line has to go: alone it",
        "# would forbid everything else.",
        "SystemCallFilter=mseal",
    ]

    def check_added(self, added, *lines):
        self.unit(*lines)
        expected = text_of(*self.ADDED) if added else PLAIN
        self.check(self.systemd("--print", "demo"), 0, expected)

    def test_without_a_filter_none_is_made(self):
        self.check_added(False)

    def test_list_without_it(self):
        self.check_added(True, "SystemCallFilter=@system-service")

    def test_list_with_it(self):
        self.check_added(False, "SystemCallFilter=@system-service mseal")

    def test_list_from_which_it_is_taken(self):
        self.check_added(True, "SystemCallFilter=read mseal", "SystemCallFilter=~mseal:EPERM")

    def test_refusals_of_others(self):
        self.check_added(False, "SystemCallFilter=~@mount reboot")

    def test_refusal_of_it(self):
        self.check_added(True, "SystemCallFilter=~reboot mseal")

    def test_cleared_list(self):
        self.check_added(False, "SystemCallFilter=~mseal", "SystemCallFilter=")

    def test_taken_away_behind_the_drop_in(self):
        self.unit("SystemCallFilter=@system-service")
        late = "/etc/systemd/system/demo.service.d/90.conf"
        self.inside(late, "[Service]\nSystemCallFilter=~mseal\n")
        self.check(
            self.systemd("--print", "demo"),
            1,
            text_of(*self.ADDED),
            f"sealwax: warning: {late} is read later, and its SystemCallFilter= takes mseal away; "
            f"{UNSEALED} (add mseal there)\n",
        )


class Warnings(Root):
    def check_warned(self, cause, effect, remedy, options=()):
        outcome = self.systemd("--dry-run", *options, "demo")
        self.assertEqual(outcome.err, f"sealwax: warning: {cause}; {effect} ({remedy})\n")
        self.assertEqual(outcome.code, 1)

    def check_silent(self, *options):
        outcome = self.systemd("--dry-run", *options, "demo")
        self.assertEqual((outcome.code, outcome.err), (0, ""))

    def test_ordinary_hardening_is_no_trouble(self):
        self.unit(
            "MemoryDenyWriteExecute=yes", "ProtectSystem=strict", "ProtectHome=yes",
            "PrivateTmp=yes", "NoNewPrivileges=yes", "DynamicUser=yes", "RestrictRealtime=yes",
        )  # fmt: skip
        self.check_silent()

    def test_no_exec_paths(self):
        self.unit("NoExecPaths=/", "ExecPaths=/usr/bin")
        self.check_warned(f"NoExecPaths=/ covers {INSTALLED}", UNSEALED, f"add ExecPaths={INSTALLED}")
        self.unit("NoExecPaths=/", "ExecPaths=/usr/bin /usr/lib")
        self.check_silent()

    def test_root_directory(self):
        self.unit("RootDirectory=/srv/box")
        cause = f"RootDirectory=/srv/box does not hold the library {INSTALLED}"
        self.check_warned(cause, UNSEALED, f"add BindReadOnlyPaths={INSTALLED}")
        self.unit("RootDirectory=/srv/box", "BindReadOnlyPaths=/usr")
        self.check_silent()
        self.unit("RootDirectory=/srv/box")
        self.copy(LIBRARY, "root/srv/box" + INSTALLED)
        self.check_silent()

    def test_root_image(self):
        self.unit("RootImage=/srv/box.raw")
        cause = f"RootImage=/srv/box.raw may not hold the library {INSTALLED}"
        self.check_warned(cause, UNSEALED + " then", f"add BindReadOnlyPaths={INSTALLED}")

    def test_inaccessible_library(self):
        self.unit("InaccessiblePaths=-/usr/lib/x86_64-linux-gnu")
        self.check_warned(
            f"InaccessiblePaths=/usr/lib/x86_64-linux-gnu hides the library {INSTALLED}",
            UNSEALED,
            f"add BindReadOnlyPaths={INSTALLED}",
        )

    def test_setuid_program_of_another_user(self):
        os.chmod(self.root + "/usr/bin/greet", 0o4755)
        self.unit("User=nobody")
        self.check_warned(
            f"{self.root}/usr/bin/greet is setuid, so that its loader ignores LD_PRELOAD",
            UNSEALED,
            "/etc/ld.so.preload reaches it",
        )
        self.unit("User=nobody", "NoNewPrivileges=yes")
        self.check_silent()

    def test_static_program_is_started_by_the_tool(self):
        self.copy(program("exit_seven"), "root/usr/bin/static")
        for command, started in (
            ("/usr/bin/static", "{tool} run -- /usr/bin/static"),
            ("-!static --all 'a b'", "-!{tool} run -- static --all 'a b'"),
        ):
            self.unit("ExecStart=", f"ExecStart={command}", "ExecStart=+/usr/bin/greet")
            outcome = self.systemd("--print", "demo")
            self.assertEqual((outcome.code, outcome.err), (0, ""))
            lines = [line for line in outcome.out.splitlines() if line.startswith("ExecStart=")]
            tool = re.search(r"/[^ ]*/bin/sealwax", lines[1]).group()
            self.assertEqual(lines, ["ExecStart=", "ExecStart=" + started.format(tool=tool),
                                     "ExecStart=+/usr/bin/greet"])

    def test_static_program_by_another_name(self):
        self.copy(program("exit_seven"), "root/usr/bin/static")
        self.unit("ExecStart=", "ExecStart=@/usr/bin/static other")
        self.check_warned(
            f"{self.root}/usr/bin/static is static, so that no loader reads LD_PRELOAD",
            "it runs unsealed",
            "link it dynamically",
        )

    def test_policy_that_the_user_may_not_read(self):
        self.inside("/etc/own.conf", "sealwax-policy 1\n", 0o640)
        for setting, user in (("DynamicUser=yes", "(DynamicUser=)"), ("User=daemon", "daemon")):
            self.unit(setting)
            self.check_warned(
                f"the service's user {user} may not read /etc/own.conf: it has mode 0640",
                "in the service nothing is sealed, only observed",
                "chmod o+r it",
                options=["--policy", "/etc/own.conf"],
            )
        self.unit("User=root")
        self.check_silent("--policy", "/etc/own.conf")

    def test_policy_in_a_home_that_is_hidden(self):
        self.inside("/home/own.conf", "sealwax-policy 1\n")
        self.unit("ProtectHome=tmpfs")
        self.check_warned(
            "ProtectHome=tmpfs hides the policy /home/own.conf",
            "in the service nothing is sealed, only observed",
            "put it elsewhere",
            options=["--policy", "/home/own.conf"],
        )

    def test_environment_file(self):
        self.inside("/etc/default/demo", "# LD_PRELOAD=no\nLD_PRELOAD=liba.so\n")
        self.unit("EnvironmentFile=-/etc/default/demo")
        self.check_warned(
            "EnvironmentFile=/etc/default/demo sets LD_PRELOAD, and counts for more than "
            "Environment=",
            UNSEALED,
            f"put {INSTALLED} in front of what it sets",
        )

    def test_later_drop_in(self):
        late = "/etc/systemd/system/demo.service.d/override.conf"
        for line in ("Environment=LD_PRELOAD=liba.so", "Environment="):
            self.unit()
            self.inside(late, f"[Service]\n{line}\n")
            self.check_warned(
                f"{late} is read later and sets or clears LD_PRELOAD", UNSEALED, "take that out of it"
            )

    def test_unset_environment(self):
        self.unit("UnsetEnvironment=A LD_PRELOAD")
        self.check_warned(
            "UnsetEnvironment= takes LD_PRELOAD away", UNSEALED, "take that name out of it"
        )

    def test_security_modules(self):
        look = "look with 'sealwax systemd --verify demo.service'"
        self.unit("SELinuxContext=system_u:system_r:demo_t:s0")
        self.check_warned(
            "SELinuxContext=system_u:system_r:demo_t:s0 sets AT_SECURE unless the policy allows "
            "'noatsecure', and the loader then ignores LD_PRELOAD",
            UNSEALED + " then",
            look,
        )
        self.unit("AppArmorProfile=demo")
        self.check_warned(
            f"AppArmorProfile=demo has to let the service map {INSTALLED} ('mr'), as "
            "abstractions/sealwax does",
            UNSEALED + " otherwise",
            look,
        )


class Errors(Root):
    def test_no_such_unit(self):
        self.check(
            self.systemd("none"),
            2,
            err=f"sealwax: there is no unit none.service in {self.root}; 'systemctl list-units "
            "--all' lists them\n",
        )

    def test_masked_unit(self):
        os.makedirs(self.root + "/etc/systemd/system")
        os.symlink("/dev/null", self.root + "/etc/systemd/system/demo.service")
        self.unit()
        self.check(
            self.systemd("demo"),
            2,
            err="sealwax: demo.service is masked, so that it never starts; 'systemctl unmask "
            "demo.service' changes that\n",
        )

    def test_names_that_are_no_services(self):
        for name, problem in (
            ("a.socket", "a.socket is no service; name the service that it starts"),
            ("../a", "'../a' is no name of a unit"),
            ("a b", "'a b' is no name of a unit"),
        ):
            self.check(self.systemd(name), 64, err=f"sealwax: {problem}\n")

    def test_policies_that_cannot_hold(self):
        self.unit()
        bad = self.inside("/etc/bad.conf", "sealwax-policy 1\n[defaults]\ncolour = red\n")
        self.check(
            self.systemd("--policy", "/etc/bad.conf", "demo"),
            2,
            err=f"sealwax: {bad}:3:1: unknown key ('colour')\n",
        )
        self.check(
            self.systemd("--policy", "/etc/none.conf", "demo"),
            2,
            err=f"sealwax: cannot read the policy {self.root}/etc/none.conf: No such file or "
            "directory; check its path\n",
        )
        good = "sealwax-policy 1\n[defaults]\n"
        self.inside("/etc/good.conf", good)
        system = self.inside("/etc/sealwax/policy.conf", good + "environment = deny\n")
        self.check(
            self.systemd("--policy", "/etc/good.conf", "demo"),
            2,
            err=f"sealwax: {system} says 'environment = deny', so that --policy has no effect; put "
            "a [program] section there\n",
        )
        self.assertFalse(os.path.exists(self.drop_in()))

    def test_mistake_in_the_systems_policy(self):
        self.unit()
        system = self.inside("/etc/sealwax/policy.conf",
                             "sealwax-policy 1\n[defaults]\nmode = observe\n")
        self.check(
            self.systemd("demo"),
            2,
            err=f"sealwax: {system}:3:8: mode must be enforce, audit or off ('observe')\n",
        )
        self.assertFalse(os.path.exists(self.drop_in()))

    def test_library_that_is_none(self):
        self.unit()
        self.inside("/usr/lib/other.so", "text")
        self.check(
            self.systemd("--library", "/usr/lib/other.so", "demo"),
            2,
            err=f"sealwax: cannot preload {self.root}/usr/lib/other.so: not a shared object; name "
            "the library with --library FILE\n",
        )

    def test_folder_that_is_a_file(self):
        self.unit()
        self.inside("/etc/systemd/system/demo.service.d", "")
        folder = os.path.dirname(self.drop_in())
        self.check(
            self.systemd("demo"),
            2,
            err=f"sealwax: cannot make {folder}: Not a directory; 'ls -ld {folder}' shows what it "
            "is\n",
        )

    def test_what_excludes_each_other(self):
        for options, problem in (
            (["--verify", "--remove"], "--verify, --remove and --print exclude each other"),
            (["--print", "--json"], "--print and --json exclude each other"),
            (["--remove", "--policy", "x"], "--policy and --library are for a new drop-in"),
            (["--verify"], "--verify looks at what runs, and in --root DIR nothing does"),
        ):
            outcome = self.systemd(*options, "demo")
            self.assertEqual((outcome.code, outcome.err), (64, f"sealwax: {problem}{HINT}"))

    def test_links_do_not_lead_out_of_the_root(self):
        outside = self.write("secret.service", "[Service]\nExecStart=/usr/bin/greet\n")
        os.makedirs(self.root + "/etc/systemd/system")
        os.symlink(outside, self.root + "/etc/systemd/system/demo.service")
        self.assertEqual(self.systemd("demo").code, 2)

    def test_no_link_leads_the_change_out_of_the_root(self):
        self.unit()
        os.makedirs(self.root + "/etc/systemd/system")
        os.mkdir(self.path("outside"))
        folder = self.root + "/etc/systemd/system/demo.service.d"
        os.symlink(self.path("outside"), folder)
        self.check(
            self.systemd("demo"),
            2,
            err=f"sealwax: {folder} leads elsewhere by a symbolic link; write the drop-in from "
            "inside that system\n",
        )
        self.assertEqual(os.listdir(self.path("outside")), [])


if __name__ == "__main__":
    main_as_root()  # whose the files of the made systems then are
