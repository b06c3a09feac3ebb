# SPDX-License-Identifier: Apache-2.0
"""sealwax systemd --require and --no-new-code with a real systemd: what a unit does whose library, list or
mseal is missing, or in which something can become code after all.
"""

import os
import pathlib

from booted import Booted, main

SLEEP = "/bin/sleep infinity"
# Of each kind: its settings, and its program behind a prefix.
KINDS = {
    "simple": "ExecStart=%s/bin/sleep infinity",
    "exec": "Type=exec\nExecStart=%s/bin/sleep infinity",
    "notify": "Type=notify\nNotifyAccess=all\n"
              "ExecStart=%s/bin/sh -c \"systemd-notify --ready; exec sleep infinity\"",
    "forking": "Type=forking\nExecStart=%s/bin/sh -c \"sleep infinity &\"",
    "dynamic": "DynamicUser=yes\nProtectProc=invisible\nExecStart=%s/bin/sleep infinity",
    # It is never up, and to be started again.
    "again": "Restart=always\nRestartSec=600\nExecStart=%s/bin/sleep infinity",
}
WITHOUT_MSEAL = "/said/under_filter mseal=ENOSYS -- "
# TITLE: each of the kinds is started; what became of it.
TRY = r"""
library=$(echo /usr/lib/*-linux-gnu/libsealwax.so)
folder=/etc/systemd/system
kinds="simple exec notify forking dynamic again"
drop_in() { echo $folder/$1.service.d/50-sealwax.conf; }
try() {
  systemctl daemon-reload
  for name in $kinds; do
    systemctl reset-failed $name 2>/dev/null
    systemctl restart $name 2>/dev/null
    state_of $name
  done
  systemctl stop $kinds
}
said() { journalctl -q --no-pager -b -o cat -u "$1"; }
"""
CLOSED = r"""
news() { journalctl -q --no-pager -b -o cat -u shut --cursor-file=/cursor; }
news >/dev/null
mkdir -p $folder/shut.service.d
printf '[Service]\n%b\n' "$1" >$folder/shut.service.d/60.conf
systemctl daemon-reload
systemctl reset-failed shut 2>/dev/null; systemctl restart shut 2>/dev/null
state_of shut
news | grep -e '^sealwax: shut' -e '^written_then_protected' -e '^ran$' | sort -u
"""


def step(*commands):
    return "\n".join([". /said/try", *commands])


def closed(setting):
    return f". /said/try; set -- '{setting}'; . /said/closed"


class FailsClosed(Booted):
    UNITS = {
        **{f"{kind}.service": "[Service]\n" + text % "" + "\n" for kind, text in KINDS.items()},
        "many@.service": "[Service]\nExecStart=/bin/sleep infinity\n",
        "shut.service": "[Service]\nExecStartPre=-/usr/bin/gain_code\n"
                        "ExecStart=/bin/sh -c \"cp /bin/true /var/cache/new; /var/cache/new && echo ran; "
                        "exec sleep infinity\"\n",
    }
    FILES = {"try": TRY, "closed": CLOSED}
    PROGRAMS = {
        "under_filter": os.environ["SEALWAX_TEST_FILTER"],
        "gain_code": pathlib.Path(os.environ["SEALWAX_BUILD"]) / "tests/preload/gain_code",
    }
    STEPS = {
        "written": step(
            "install /said/gain_code /usr/bin",
            "for name in $kinds; do sealwax systemd --require $name; done >/dev/null",
            "sealwax systemd --no-new-code --require shut >/dev/null",
            "grep -h ExecStartPost= $folder/*.d/50-sealwax.conf | sort -u",
            "sed -i s/--wait=30/--wait=10/ $folder/*.d/50-sealwax.conf"),
        "fine": step("try"),
        "replaced": step(
            "rm -rf /usr/lib32  # whose programs would take a library of their own",
            "systemctl start simple exec",
            # An entry in the midst of a line cannot be changed in place.
            'echo "$library # note" >/etc/ld.so.preload',
            "sealwax install | grep ^restart",
            "for name in simple exec; do sealwax systemd --verify $name >/dev/null 2>&1; echo $?; done",
            "systemctl restart simple exec",
            "for name in simple exec; do sealwax systemd --verify --wait 10 $name >/dev/null; echo $?; done",
            "sealwax uninstall | grep -o 'blanks.*' | sed 's/ in .*over/ over/'",
            "for name in simple exec; do sealwax systemd --verify $name >/dev/null; echo $?; done",
            "systemctl stop simple exec"),
        "template": step(
            "systemctl start many@one many@two", "next=$(sealwax systemd many@ | sed -n 's/^next: //p')",
            'echo "$next"; eval "$next"',
            "for name in one two; do sealwax systemd --verify --wait 10 many@$name >/dev/null; echo $?; done",
            "systemctl stop 'many@*'"),
        "kernel": "/said/under_filter mseal=ENOSYS -- /usr/bin/sealwax systemd --verify probe 2>&1 | "
                  "grep '^sealwax: this'; sealwax systemd --verify probe 2>&1 | grep -c '^sealwax: this'",
        # What cannot be sealed need not be waited for.
        "impatient": step("sed -i s/--wait=10/--wait=1/ $folder/*.d/50-sealwax.conf"),
        "library": step("mv $library /away", "try", "mv /away $library", "said simple | grep NAMESPACE"),
        "list": step(
            "for name in $kinds; do mv $folder/$name.service.d/50-sealwax.preload /$name.away; done", "try",
            "for name in $kinds; do mv /$name.away $folder/$name.service.d/50-sealwax.preload; done"),
        "systems-list": step("rm /etc/ld.so.preload",
                             "sed -i s/--wait=1/--wait=10/ $folder/*.d/50-sealwax.conf", "try",
                             "sed -i s/--wait=10/--wait=1/ $folder/*.d/50-sealwax.conf"),
        "mseal": step(
            "for name in $kinds; do cp /said/units/$name.service /$name.unit",
            f"sed -i 's,^ExecStart=,&{WITHOUT_MSEAL},' $folder/$name.service; done", "try",
            "said simple | grep ^sealwax:",
            "for name in $kinds; do cp /$name.unit $folder/$name.service; done"),
        "variable": step(
            "for name in $kinds; do sed -i /BindReadOnlyPaths/d $(drop_in $name); done", "mv $library /away", "try",
            "mv /away $library", "said simple | grep 'cannot be preloaded' | sort -u"),
        "shut": closed(""),
        "shut-without-denial": closed("MemoryDenyWriteExecute=no"),
        "shut-with-a-place": closed("ExecPaths=/var/cache"),
        "shut-without-filter": closed(f"ExecStart=\\nExecStart=+{SLEEP}"),
    }

    def check_kinds(self, name, *, up):
        states = {True: "active", False: "failed"}
        wanted = [f"{kind} {states[up] if up or kind != 'again' else 'activating'}" for kind in KINDS]
        code, text = self.said(name)
        self.assertEqual(text.splitlines()[: len(wanted)], wanted, text)
        return text

    def test_each_kind_of_unit_starts_sealed(self):
        self.assertRegex(self.said("written")[1],
                         "^ExecStartPost=\\+/usr/bin/sealwax systemd --verify --wait=30 %n\n$")
        self.check_kinds("fine", up=True)

    def test_units_whose_mount_went_with_the_replaced_file_are_named(self):
        self.assertEqual(self.said("replaced")[1].splitlines(), [
            "restart exec.service, simple.service: the file was replaced, and with it their own "
            "/etc/ld.so.preload is gone",
            "1", "1", "0", "0",
            "blanks took the library's place over which units have a file of their own (again.service, "
            "dynamic.service, exec.service, forking.service, notify.service, shut.service, simple.service); "
            "what starts from now on is not sealed",
            "0", "0",
        ])

    def test_instances_of_a_template_are_sealed_by_the_command_that_it_says(self):
        self.assertEqual(self.said("template")[1].splitlines(), [
            "systemctl daemon-reload && systemctl restart 'many@*.service'", "0", "0"])

    def test_without_the_library_none_starts(self):
        self.assertIn("Failed at step NAMESPACE", self.check_kinds("library", up=False))

    def test_without_the_list_none_starts(self):
        self.check_kinds("list", up=False)

    def test_systems_list_is_made_by_systemd_where_it_is_gone(self):
        self.check_kinds("systems-list", up=True)

    def test_without_mseal_none_starts(self):
        text = self.check_kinds("mseal", up=False)
        self.assertRegex(text, "sealwax: process [0-9]*: which policy it holds cannot be told: the page where "
                         "the library shows it is not sealed\n")

    def test_of_a_kernel_without_mseal_it_is_said(self):
        self.assertEqual(self.said("kernel")[1], "sealwax: this kernel has no mseal(2), so that nothing is sealed; "
                         "boot Linux 6.10 or later\n0\n")

    def test_without_the_mounts_and_the_library_none_starts(self):
        text = self.check_kinds("variable", up=False)
        self.assertIn("libsealwax.so' from LD_PRELOAD cannot be preloaded", text)

    def check_closed(self, name, *lines):
        self.assertEqual(self.said(name)[1].splitlines(), list(lines))

    def test_unit_without_new_code_starts(self):
        self.check_closed("shut", "shut active", "written_then_protected: refused")

    def test_it_does_not_start_without_the_denial(self):
        self.check_closed(
            "shut-without-denial", "shut failed",
            "sealwax: shut.service: memory that was written can be executed, since systemd has it without "
            "MemoryDenyWriteExecute=yes",
            "written_then_protected: runs")

    def test_it_does_not_start_with_a_place_for_new_code(self):
        self.check_closed(
            "shut-with-a-place", "shut failed", "ran",
            "sealwax: shut.service: files in /var/cache can be written and executed",
            "written_then_protected: refused")

    def test_it_does_not_start_without_the_filter(self):
        text = self.said("shut-without-filter")[1]
        self.assertRegex(text, "sealwax: shut.service: process [0-9]* has no seccomp filter\n")
        self.assertTrue(text.startswith("shut failed\n"), text)


if __name__ == "__main__":
    main()
