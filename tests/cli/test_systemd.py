# SPDX-License-Identifier: Apache-2.0
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

    def list(self, unit="demo.service"):
        return f"{self.root}/etc/systemd/system/{unit}.d/50-sealwax.preload"

    def text(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def systems_list(self):
        return self.root + "/etc/ld.so.preload"


def text_of(*lines):
    return "\n".join(["# Written by sealwax systemd.", "[Service]", *lines]) + "\n"


PLAIN = text_of(f"Environment=LD_PRELOAD={INSTALLED}")
BOTH = text_of(
    f"Environment=LD_PRELOAD={INSTALLED}",
    f"BindReadOnlyPaths={INSTALLED}",
    "BindReadOnlyPaths=/etc/systemd/system/demo.service.d/50-sealwax.preload:/etc/ld.so.preload",
)
LIST = f"# Written by sealwax systemd.\n{INSTALLED}\n"


class DropIn(Root):
    def check_print(self, *lines, options=(), err="", code=0):
        self.check(self.systemd("--print", *options, "demo"), code, text_of(*lines), err)

    def test_written_and_removed(self):
        self.unit()
        self.check(
            self.systemd("demo"),
            0,
            f"written: {self.list()}\n"
            f"made: {self.systems_list()}, empty, as a place for the unit's own\n"
            f"written: {self.drop_in()}\n",
        )
        for path, text in (
            (self.drop_in(), BOTH), (self.list(), LIST), (self.systems_list(), "")
        ):  # fmt: skip
            self.assertEqual(self.text(path), text)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o644)
        self.assertEqual(
            sorted(os.listdir(os.path.dirname(self.drop_in()))),
            ["50-sealwax.conf", "50-sealwax.preload"],
        )
        self.check(self.systemd("demo"), 0, f"nothing to do: {self.drop_in()} is so already\n")
        self.check(
            self.systemd("--remove", "demo"),
            0,
            f"removed: {self.drop_in()}\nremoved: {self.list()}\n",
        )
        self.assertEqual(os.listdir(self.root + "/etc/systemd/system"), [])
        self.check(
            self.systemd("--remove", "demo"), 0, f"nothing to do: there is no {self.drop_in()}\n"
        )

    def test_dry_run_shows_the_change_and_makes_none(self):
        self.unit()
        self.check(
            self.systemd("--dry-run", "demo"),
            0,
            f"--- /dev/null\n+++ {self.list()}\n@@ -0,0 +1,2 @@\n"
            + "".join(f"+{line}\n" for line in LIST.splitlines())
            + f"--- /dev/null\n+++ {self.drop_in()}\n@@ -0,0 +1,5 @@\n"
            + "".join(f"+{line}\n" for line in BOTH.splitlines())
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
                "layers": "variable and list",
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
        for name, unit in (("other", "real"), ("many@1", "many@1"), ("many@", "many@")):
            outcome = self.systemd(name)
            self.assertEqual((outcome.code, outcome.err), (0, ""))
            written = self.drop_in(f"{unit}.service")
            self.assertEqual(outcome.out.splitlines()[-1], f"written: {written}")

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


class OwnList(Root):
    """The unit's own /etc/ld.so.preload."""

    def test_what_the_systems_own_says_stays_in_it(self):
        self.unit()
        self.inside("/etc/ld.so.preload", "# ours\n/usr/lib/liba.so:/old/libsealwax.so\n")
        before = self.text(self.systems_list())
        self.check(
            self.systemd("demo"), 0, f"written: {self.list()}\nwritten: {self.drop_in()}\n"
        )
        self.assertEqual(
            self.text(self.list()),
            f"# Written by sealwax systemd.\n# ours\n/usr/lib/liba.so:{INSTALLED}\n",
        )
        self.assertEqual(self.text(self.systems_list()), before)

    def check_variable_alone(self, name, *arguments, says=""):
        self.check(
            self.systemd(*arguments, name), 0, says + f"written: {self.drop_in(name)}\n"
        )
        self.assertEqual(self.text(self.drop_in(name)), PLAIN)
        self.assertFalse(os.path.exists(self.list(name)))
        self.assertFalse(os.path.exists(self.systems_list()))

    def test_environment_only(self):
        self.unit()
        self.check_variable_alone("demo.service", "--environment-only")

    def test_units_that_start_sessions_and_containers(self):
        for name, reason in (
            ("ssh.service", "starts sessions, whose mounts"),
            ("cron.service", "starts sessions, whose mounts"),
            ("getty@tty1.service", "starts sessions, whose mounts"),
            ("user@1000.service", "starts sessions, whose mounts"),
            ("docker.service", "starts containers, whose mounts"),
            ("udisks2.service", "mounts file systems, which"),
        ):
            self.unit(name=name)
            says = f"by LD_PRELOAD alone: {name} {reason} the rest of the system would not see\n"
            self.check_variable_alone(name, says=says)

    def test_sessions_that_have_mounts_of_their_own_anyway(self):
        self.unit("PrivateTmp=yes", name="cron.service")
        self.assertEqual(self.systemd("cron").code, 0)
        self.assertTrue(os.path.exists(self.list("cron.service")))

    def test_one_layer_after_two(self):
        self.unit()
        self.systemd("demo")
        self.check(
            self.systemd("--environment-only", "demo"),
            0,
            f"written: {self.drop_in()}\nremoved: {self.list()}\n",
        )
        self.assertEqual(self.text(self.drop_in()), PLAIN)

    def test_name_with_a_colon_and_an_escape(self):
        name = "a:b-\\x2d.service"
        self.unit(name=name)
        self.systemd(name)
        self.assertIn(
            "BindReadOnlyPaths=/etc/systemd/system/a\\:b-\\\\x2d.service.d/50-sealwax.preload:"
            "/etc/ld.so.preload\n",
            self.text(self.drop_in(name)),
        )

    def test_what_takes_the_variable_away_does_not_matter(self):
        self.inside("/etc/default/demo", "LD_PRELOAD=liba.so\n")
        os.chmod(self.root + "/usr/bin/greet", 0o4755)
        self.unit("User=nobody", "UnsetEnvironment=LD_PRELOAD", "EnvironmentFile=/etc/default/demo",
                  "TemporaryFileSystem=/usr/lib")  # fmt: skip
        outcome = self.systemd("--dry-run", "demo")
        self.assertEqual((outcome.code, outcome.err), (0, ""))

    def test_file_that_is_read_later_and_clears_it(self):
        late = "/etc/systemd/system/demo.service.d/90.conf"
        self.unit()
        self.inside(late, "[Service]\nBindReadOnlyPaths=\n")
        outcome = self.systemd("--dry-run", "demo")
        self.assertEqual(
            (outcome.code, outcome.err),
            (1, f"sealwax: warning: {late} is read later and clears BindReadOnlyPaths=; what does "
                "not keep LD_PRELOAD runs unsealed (take that out of it)\n"),
        )  # fmt: skip

    def test_list_of_somebody_else_is_not_removed(self):
        self.unit()
        self.systemd("demo")
        self.inside("/etc/systemd/system/demo.service.d/50-sealwax.preload", "/usr/lib/liba.so\n")
        self.check(
            self.systemd("--remove", "demo"),
            2,
            err=f"sealwax: {self.list()} was not written by sealwax; remove it by hand\n",
        )
        self.assertEqual(self.text(self.drop_in()), BOTH)


class Require(Root):
    """The unit fails closed."""

    def looks(self, *lines, options=()):
        self.unit(*lines)
        outcome = self.systemd("--print", "--require", *options, "demo")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        found = re.search(
            r"^# Fails closed: .*\nExecStartPost=\+/\S*/sealwax systemd --verify --wait=(\S+) %n\n",
            outcome.out, re.MULTILINE,
        )  # fmt: skip
        return found and float(found[1])

    def test_wait_ends_before_systemds_own(self):
        for lines, seconds in (
            ((), 30),
            (("TimeoutStartSec=10",), 5),
            (("TimeoutSec=1min 4s",), 30),
            (("TimeoutSec=8s", "TimeoutStartSec=500ms"), 0.25),
            (("TimeoutStartSec=infinity",), 30),
            (("TimeoutStartSec=0",), 30),
            (("TimeoutStartSec=soon",), 30),
        ):
            self.assertEqual(self.looks(*lines), seconds)

    def test_program_that_has_ended_by_then(self):
        self.unit("Type=oneshot")
        self.check(
            self.systemd("--require", "demo"),
            2,
            err="sealwax: demo.service is Type=oneshot, so that its program has ended before anybody "
            "can look; start it by 'sealwax run --require'\n",
        )
        self.assertFalse(os.path.exists(self.drop_in()))


class NoNewCode(Root):
    """The settings by which nothing of the service's becomes code, as far as a unit can have them."""

    WHOLE = [
        "MemoryDenyWriteExecute=yes",
        "LockPersonality=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=~memfd_create:EPERM userfaultfd:EPERM io_uring_setup:EPERM",
        "SystemCallFilter=~ptrace:EPERM",
        "SystemCallFilter=~shmat:EPERM",
        "SystemCallFilter=~mount:EPERM umount2:EPERM fsopen:EPERM fsmount:EPERM open_tree:EPERM "
        "move_mount:EPERM mount_setattr:EPERM pivot_root:EPERM",
        "RestrictNamespaces=yes",
        "RestrictAddressFamilies=~AF_PACKET AF_XDP",
        "ReadOnlyPaths=/proc",
        "ProtectSystem=full",
        "PrivateDevices=yes",
        "NoExecPaths=/ -/tmp -/var/tmp -/dev -/dev/shm -/dev/hugepages -/dev/mqueue -/run",
        "ExecPaths=/usr",
        "BindReadOnlyPaths=/usr",
    ]

    def written(self, *lines, name="demo.service"):
        """The lines of a unit's drop-in behind those that every one has."""
        self.unit(*lines, name=name)
        outcome = self.systemd("--print", "--no-new-code", name)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out.splitlines()[3:]

    def check_left_out(self, line, reason, *lines, name="demo.service"):
        written = self.written(*lines, name=name)
        wanted = [one for one in self.WHOLE if not one.startswith(line)]
        self.assertEqual([one for one in written if not one.startswith("#")], wanted)
        self.assertEqual([one for one in written if one.startswith("#")],
                         [f"# left out: {line} ({reason})"])

    def test_all_of_it(self):
        self.assertEqual(self.written(), self.WHOLE)

    def test_what_a_unit_cannot_bear_is_left_out_and_said(self):
        says = "PrivateUsers= and it exclude each other; boot with proc_mem.force_override=never"
        self.check_left_out("ReadOnlyPaths=/proc", says, "PrivateUsers=yes")
        self.check_left_out("ReadOnlyPaths=/proc", says, "PrivateUsers=identity")
        for line in ("MemoryDenyWriteExecute", "RestrictNamespaces", "PrivateDevices"):
            self.check_left_out(f"{line}=yes", f"the unit says {line}=no", f"{line}=no")
        self.check_left_out(
            "PrivateDevices=yes", "the unit has DeviceAllow=", "DeviceAllow=/dev/null rw"
        )

    def test_tracer_of_a_static_program_may_trace(self):
        self.copy(program("exit_seven"), "root/usr/bin/static")
        self.unit("ExecStart=", "ExecStart=/usr/bin/static")
        lines = self.systemd("--print", "--no-new-code", "demo").out.splitlines()
        self.assertNotIn("SystemCallFilter=~ptrace:EPERM", lines)
        self.assertIn("# left out: SystemCallFilter=~ptrace ('sealwax run' seals its static program by tracing it)",
                      lines)

    def test_services_that_are_known(self):
        self.check_left_out("SystemCallFilter=~shmat", "its memory is a System V segment",
                            name="postgresql@16-main.service")

    def test_units_own_lists_are_written_anew(self):
        """One of a path in /usr takes that path out of what ProtectSystem=strict makes read-only."""
        written = self.written("ProtectSystem=strict", "NoExecPaths=/",
                               "ExecPaths=/usr/bin/demo -/lib +/opt/demo")
        self.assertEqual(written[-5:-3], ["NoExecPaths=", "ExecPaths="])
        self.assertEqual(written[-2:], ["ExecPaths=/usr /opt/demo", "BindReadOnlyPaths=/usr /opt/demo"])

    def test_stricter_protection_stays(self):
        for line in ("ProtectSystem=strict", "DynamicUser=yes"):
            self.assertNotIn("ProtectSystem=full", self.written(line))

    def test_folders_of_mounts_with_options_and_blanks(self):
        self.assertTrue(self.written(
            'ReadWritePaths="/srv/a b"', "BindPaths=/srv/c -/srv/d:/srv/e:norbind",
            "TemporaryFileSystem=/srv/f:ro /srv/g", "MountImages=-/srv/h.img:/srv/h:root:nosuid",
        )[-3].endswith('-/run "-/srv/a b" -/srv/c -/srv/e -/srv/f -/srv/g -/srv/h'))  # fmt: skip

    def test_homes_in_memory(self):
        self.assertTrue(self.written("ProtectHome=tmpfs")[-3].endswith("-/run -/home -/root -/run/user"))
        self.assertEqual(self.written("ProtectHome=read-only"), self.WHOLE)

    def test_files_that_systemd_opens_are_told_of(self):
        says = ("systemd opens the file outside of the unit's mounts, so that what the unit writes there can be "
                "executed;")
        for line, remedy in (
            ("StandardError=append:/var/log/demo", "log to the journal"),
            ("StandardOutput=truncate:/var/log/demo", "log to the journal"),
            ("OpenFile=/var/lib/demo/a:name:graceful", "say read-only"),
        ):
            self.assertEqual(self.written(line), [*self.WHOLE, f"# left open: {line} ({says} {remedy})"])
        for line in ("StandardError=journal", "StandardInput=file:/etc/passwd",
                     "OpenFile=/etc/passwd::read-only"):  # fmt: skip
            self.assertEqual(self.written(line), self.WHOLE)

    def test_folders_that_are_mounted_for_the_unit(self):
        line = self.written(
            "RuntimeDirectory=a b/c", "StateDirectory=d:e", "ReadWritePaths=-/srv/f",
            "BindPaths=/srv/g:/srv/h", "CacheDirectory=i", "LogsDirectory=j",
            "ConfigurationDirectory=k", "ReadWriteDirectories=-/srv/l",
        )[-3]  # fmt: skip
        self.assertEqual(
            line.removeprefix(self.WHOLE[-3]),
            " -/run/a -/run/b/c -/var/lib/d -/var/cache/i -/var/log/j -/etc/k -/srv/f -/srv/l "
            "-/srv/h",
        )
        self.assertTrue(
            self.written("DynamicUser=yes", "StateDirectory=d")[-3].endswith(
                " -/var/lib/d -/var/lib/private/d"
            )
        )

    def test_units_that_cannot_have_it(self):
        sessions = "starts sessions, whose mounts the rest of the system would not see"
        for name, lines, reason in (
            ("ssh.service", (), sessions),
            ("cron.service", (), sessions),
            ("cron.service", ("PrivateTmp=yes",),
             "starts sessions, which write /proc and run anybody's programs"),
            ("demo.service", ("RootDirectory=/srv",),
             "has a root directory of its own, whose folders are not known here"),
        ):  # fmt: skip
            self.unit(*lines, name=name)
            self.check(
                self.systemd("--no-new-code", name),
                2,
                err=f"sealwax: {name} {reason}; --no-new-code is not for it\n",
            )
            self.assertFalse(os.path.exists(self.drop_in(name)))


class HostPlan(Root):
    """Which services to seal first."""

    def row(self, document, name):
        return next(row for row in document["units"] if row["unit"] == name)

    def plan(self, *options):
        outcome = sealwax("systemd", "--all-services", "--dry-run", "--root", self.root, *options)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        return outcome.out

    def test_in_the_order_of_least_risk(self):
        self.unit(name="b.service")
        self.unit(name="a.service")
        self.unit("[Unit]", "DefaultDependencies=no", name="early.service")
        self.unit(name="ssh.service")
        self.unit("[Unit]", "Requires=needed.socket", name="needs.service")
        self.unit(name="needed.service")
        self.unit("NoExecPaths=/usr", name="unsealed.service")
        self.unit(name="template@.service")
        self.inside("/usr/lib/systemd/system/other.socket", "[Socket]\n")
        os.makedirs(self.root + "/etc/systemd/system")
        os.symlink("/usr/lib/systemd/system/a.service", self.root + "/etc/systemd/system/alias.service")
        self.unit(name="masked.service")
        os.symlink("/dev/null", self.root + "/etc/systemd/system/masked.service")
        self.unit(name="done.service")
        self.systemd("done")
        document = json.loads(self.plan("--json"))
        self.assertEqual(document["schema"], "sealwax-host-plan 1")
        self.assertEqual(
            [(row["unit"], row["risk"]) for row in document["units"]],
            [("a.service", "low"), ("b.service", "low"), ("needs.service", "low"),
             ("unsealed.service", "middle"), ("needed.service", "middle"),
             ("early.service", "high"), ("ssh.service", "high")],
        )  # fmt: skip
        self.assertEqual(
            self.row(document, "a.service"),
            {"unit": "a.service", "risk": "low", "by": "variable, list", "no_new_code": "yes", "why": None,
             "findings": None},
        )  # fmt: skip
        reasons = {name: self.row(document, f"{name}.service")["why"]
                   for name in ("needed", "unsealed", "early", "ssh")}
        self.assertEqual(reasons, {
            "needed": "1 unit needs it",
            "unsealed": "is not sealed as it is",
            "early": "starts before the rest of the system",
            "ssh": "starts sessions, whose mounts the rest of the system would not see",
        })
        self.assertIn("NoExecPaths=/usr covers", self.row(document, "unsealed.service")["findings"])
        self.assertEqual(self.plan().splitlines()[0].split(),
                         ["unit", "risk", "by", "no", "new", "code", "why", "findings"])

    def test_nothing_is_left(self):
        self.assertEqual(self.plan(), "no service is left to seal\n")

    def test_it_only_plans(self):
        outcome = sealwax("systemd", "--all-services", "--root", self.root)
        self.assertEqual(outcome.code, 64)
        self.assertIn("--all-services plans, and changes nothing: say --dry-run", outcome.err)


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
    """Where LD_PRELOAD is all that there is."""

    def check_warned(self, cause, effect, remedy, options=()):
        outcome = self.systemd("--dry-run", "--environment-only", *options, "demo")
        self.assertEqual(outcome.err, f"sealwax: warning: {cause}; {effect} ({remedy})\n")
        self.assertEqual(outcome.code, 1)

    def check_silent(self, *options):
        outcome = self.systemd("--dry-run", "--environment-only", *options, "demo")
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

    def make_wrapped(self):
        self.copy(program("exit_seven"), "root/usr/bin/static")
        self.copy("/bin/sh", "root/bin/sh")
        self.copy("/usr/bin/env", "root/usr/bin/env")

    def test_static_program_behind_a_shell_or_env_is_started_by_the_tool(self):
        self.make_wrapped()
        for start in (
            '/bin/sh -c "A=1; [ -e /x ] || exit 1; exec {}/usr/bin/static $A"',
            "-/bin/sh -ec 'exec {}static'",
            "/bin/sh -c '{}static --all >/tmp/log'",
            "/bin/sh -c 'test -x /usr/bin/static && exec  {}/usr/bin/static'",
            "/usr/bin/env A=1 -u B {}static --option",
        ):
            self.unit("ExecStart=", f"ExecStart={start.format('')}")
            outcome = self.systemd("--print", "demo")
            self.assertEqual((outcome.code, outcome.err), (0, ""))
            line = [line for line in outcome.out.splitlines() if line.startswith("ExecStart=")][-1]
            tool = re.search(r"/[^ ]*/bin/sealwax run -- ", line).group()
            self.assertEqual(line, "ExecStart=" + start.format(tool))

    def test_static_program_in_a_script_that_is_not_simple_is_told_of(self):
        self.make_wrapped()
        for start in (
            "/bin/sh -c 'exec static || exec static'",
            "@/bin/sh static -c 'exec /usr/bin/static; exec /usr/bin/static'",
        ):
            self.unit("ExecStart=", f"ExecStart={start}")
            self.check_warned(
                f"{self.root}/usr/bin/static is static, so that no loader reads LD_PRELOAD",
                "it runs unsealed",
                "link it dynamically, or have ExecStart= start it by 'sealwax run -- /usr/bin/static'",
            )

    def test_what_else_a_shell_or_env_starts_is_left_as_it_is(self):
        self.make_wrapped()
        for start in ('/bin/sh -c "exec $PROGRAM"', "/bin/sh -c 'exec /usr/bin/greet; exec greet'",
                      "/bin/sh /usr/bin/static", "/usr/bin/env A=/usr/bin/static greet",
                      "/bin/sh -c 'greet static'"):
            self.unit("ExecStart=", f"ExecStart={start}")
            self.check_silent()

    def test_static_program_by_another_name(self):
        self.copy(program("exit_seven"), "root/usr/bin/static")
        self.unit("ExecStart=", "ExecStart=@/usr/bin/static other")
        self.check_warned(
            f"{self.root}/usr/bin/static is static, so that no loader reads LD_PRELOAD",
            "it runs unsealed",
            "link it dynamically, or have ExecStart= start it by 'sealwax run -- /usr/bin/static'",
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

    def test_environment_files_of_a_pattern(self):
        self.inside("/etc/demo.d/b.env", "LD_PRELOAD=liba.so\n")
        self.inside("/etc/demo.d/a.env", "A=1\n")
        self.inside("/etc/demo.d/.hidden.env", "LD_PRELOAD=liba.so\n")
        sets = "EnvironmentFile={} sets LD_PRELOAD, and counts for more than Environment="
        remedy = f"put {INSTALLED} in front of what it sets"
        for value in ("/etc/demo.d/*.env", "/etc/%p.d/?.env", "-/etc/%N.d/[b].env"):
            self.unit(f"EnvironmentFile={value}")
            self.check_warned(sets.format("/etc/demo.d/b.env"), UNSEALED, remedy)
        self.inside("/etc/demo.service%x", "LD_PRELOAD=liba.so\n")
        self.unit("EnvironmentFile=/etc/%n%%x")
        self.check_warned(sets.format("/etc/demo.service%x"), UNSEALED, remedy)

    def test_environment_file_that_only_systemd_knows(self):
        self.unit("EnvironmentFile=/etc/%H.env")
        self.check_warned(
            "EnvironmentFile=/etc/%H.env has specifiers that are not known here, and may set "
            "LD_PRELOAD",
            UNSEALED + " then",
            "look with 'sealwax systemd --verify demo.service'",
        )

    def test_program_without_an_environment(self):
        self.copy("/usr/bin/env", "root/usr/bin/env")
        for start in ("/usr/bin/env -i", "-/usr/bin/env -", "/usr/bin/env --ignore-environment"):
            self.unit("ExecStart=", f"ExecStart={start} /usr/bin/greet")
            self.check_warned(
                "ExecStart= starts the program without any environment (env -i)",
                UNSEALED,
                "an /etc/ld.so.preload of the unit's own reaches it: leave --environment-only out",
            )
            outcome = self.systemd("--dry-run", "demo")
            self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.unit("ExecStart=", "ExecStart=/usr/bin/env A=1 /usr/bin/greet")
        self.check_silent()

    def test_unit_whose_work_others_do(self):
        self.copy("/bin/true", "root/bin/true")
        cause = "demo.service starts nothing but /bin/true, for units that do its work"
        effect = "nothing of theirs is sealed by this"
        self.unit("ExecStart=", "ExecStart=/bin/true")
        self.check_warned(
            cause, effect, "name those; 'systemctl list-dependencies demo.service' shows them"
        )
        self.unit(name="demo@.service")
        self.check_warned(cause, effect, "name demo@.service, or one of its instances")

    def test_no_process_to_try_a_filter_in(self):
        cause = ("LimitNPROC=1 lets the library make no process to find out what the unit's seccomp "
                 "filter lets pass")
        for user, setting in (("User=daemon", "LockPersonality=yes"),
                              ("User=daemon", "RestrictAddressFamilies=AF_UNIX"),
                              ("DynamicUser=yes", "Nice=1")):  # fmt: skip
            self.unit("LimitNPROC=1", user, setting)
            self.check_warned(
                cause, UNSEALED, "raise it, or say 'seccomp = trust' in the policy"
            )
        for lines in (("LimitNPROC=1", "LockPersonality=yes"), ("LimitNPROC=1", "User=daemon"),
                      ("LimitNPROC=9", "DynamicUser=yes")):  # fmt: skip
            self.unit(*lines)
            self.check_silent()

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

    def test_unit_of_nearly_that_name(self):
        os.makedirs(self.root + "/etc/systemd/system")
        with open(self.root + "/etc/systemd/system/nginx.service", "w", encoding="utf-8"):
            pass
        self.check(
            self.systemd("ngnix"),
            2,
            err=f"sealwax: there is no unit ngnix.service in {self.root}; did you mean 'nginx'? 'systemctl "
            "list-units --all' lists them\n",
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
            (["--verify", "--remove"], "--verify, --remove, --print, --list and --all-services exclude each other"),
            (["--print", "--json"], "--print and --json exclude each other"),
            (
                ["--remove", "--policy", "x"],
                "--policy, --library, --environment-only, --require and --no-new-code are for a "
                "new drop-in",
            ),
            (["--wait", "1"], "--wait is for --verify"),
            (["--user"], "--user goes with neither --root, --require, --no-new-code, --list nor --all-services"),
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
