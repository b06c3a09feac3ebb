# SPDX-License-Identifier: Apache-2.0
"""The units, the package's trigger and the drop-in for a unit with an /etc of its own, with a real systemd."""

import pathlib
import re
import subprocess

from booted import Booted, main

SOURCE = pathlib.Path(__file__).parents[2]
UNITS = SOURCE / "scripts/deploy/systemd"
DEBIAN = SOURCE / "scripts/packaging/debian"
METRICS = "/var/lib/prometheus/node-exporter"
PART = "sealwax-policy 1\n[program /usr/bin/sleep]\nseal = -{region}\n"
OWN_ETC = """[Service]
TemporaryFileSystem=/etc
ExecStart=/bin/sleep infinity
"""
CONTROL = "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: test\n"


def shipped():
    """As they are installed; the timer sooner."""
    for path in UNITS.iterdir():
        text = path.read_text().replace("@tool@", "/usr/bin/sealwax")
        yield path.name, text.replace("OnBootSec=1min", "OnActiveSec=1s").replace(
            "OnUnitActiveSec=1min", "OnUnitActiveSec=1s").replace("AccuracySec=10s", "AccuracySec=100ms")


def until(condition):
    return f"for n in $(seq 150); do {condition} && break; sleep 0.1; done"


def put(part):
    """As a package or an editor does it: by rename."""
    return f"cp /said/{part} /etc/sealwax/policy.d/10-own.new && mv /etc/sealwax/policy.d/10-own.new " \
           "/etc/sealwax/policy.d/10-own.conf"


HELD = "grep -q \"^seal = -{}$\" /etc/sealwax/policy.conf 2>/dev/null"
# What a program that starts now holds, by its own memory.
ASLEEP = "grep -q '^Name:.sleep' /proc/$!/status && grep -q '^State:.S' /proc/$!/status"
SHOWS = f"LD_PRELOAD=$(echo /usr/lib/*/libsealwax.so) sleep 100 & {until(ASLEEP)}; sealwax status $!; kill $!"
LOOKED = "test $(systemctl show -p ConditionTimestampMonotonic --value sealwax-textfile.service) != 0"
SLOW = "/run/systemd/system/sealwax-policy.service.d"
STEPS = {
    "path": "systemctl start sealwax-policy.path && mkdir -p /etc/sealwax/policy.d && "
            f"{put('text')}; {until(HELD.format('text'))}; {SHOWS}",
    "mistake": f"{put('wrong')}; {until('systemctl is-failed --quiet sealwax-policy.service')}; "
               "systemctl show -p Result --value sealwax-policy.service; cat /etc/sealwax/policy.conf",
    "mistake-journal": "journalctl -o cat -u sealwax-policy.service",
    "mistake-doctor": "sealwax doctor --strict",
    "mistake-shows": SHOWS,
    "mended": f"{put('rodata')}; {until(HELD.format('rodata'))}; {SHOWS}",
    "edited": "printf '\\n[program /usr/bin/env]\\nmode = off\\n' >>/etc/sealwax/policy.conf; "
              f"{until('grep -q usr/bin/env /etc/sealwax/policy.conf')}; sealwax policy check",
    "gone": "rm /etc/sealwax/policy.d/10-own.conf; "
            f"for n in $(seq 150); do {HELD.format('rodata')} || break; sleep 0.1; done; {SHOWS}",
    "quiet": "sleep 1; n=$(journalctl -o cat -u sealwax-policy.service | grep -c '^Finished'); sleep 2; "
             "test $n = $(journalctl -o cat -u sealwax-policy.service | grep -c '^Finished')",
    "often": f"for again in 1 2 3 4 5; do for part in text rodata; do {put('$part')}; "
             f"{until(HELD.format('$part'))}; {HELD.format('$part')} || exit; done; done",
    "while-applied": f"mkdir -p {SLOW} && printf '[Service]\\nExecStartPost=sleep 1\\n' >{SLOW}/slow.conf && "
                     f"systemctl daemon-reload && {put('text')}; {until(HELD.format('text'))}; "
                     f"{put('vdso')}; {until(HELD.format('vdso'))}; {HELD.format('vdso')}; code=$?; "
                     f"rm -r {SLOW} /etc/sealwax/policy.d/10-own.conf; systemctl daemon-reload; exit $code",
    "untold": f"rm -rf {METRICS}; systemctl start sealwax-textfile.timer && {until(LOOKED)}; "
              "systemctl show -p ActiveState,ConditionResult sealwax-textfile.service",
    "told": f"mkdir -p {METRICS}; {until(f'test -s {METRICS}/sealwax.prom')}; cat {METRICS}/sealwax.prom; "
            f"stat -c %a {METRICS}/sealwax.prom >/said/mode; ls -A {METRICS} >/said/left",
    "told-again": f"i=$(stat -c %i {METRICS}/sealwax.prom); "
                  f"{until(f'test $i != $(stat -c %i {METRICS}/sealwax.prom)')}; "
                  f"test $i != $(stat -c %i {METRICS}/sealwax.prom)",
    "own-etc": "systemctl stop sealwax-policy.path; echo '/usr/$LIB/libsealwax.so' >/etc/ld.so.preload; "
               "systemctl start own-etc && sealwax doctor",
    "own-etc-note": "sealwax status $(systemctl show -p MainPID --value own-etc)",
    "own-etc-mended": "sealwax systemd own-etc && systemctl daemon-reload && systemctl restart own-etc && "
                      "sealwax status $(systemctl show -p MainPID --value own-etc) && sealwax doctor",
    "taken-out": "rm /etc/ld.so.preload",
    "trigger": "export DPKG_FORCE=unsafe-io; mkdir -p /p/DEBIAN && cp /said/control /p/DEBIAN/control && "
               "cp /said/triggers /p/DEBIAN/triggers && install -m 755 /said/postinst /p/DEBIAN/postinst && "
               "dpkg-deb -b /p /p.deb && dpkg -i /p.deb && "
               "mkdir -p /o/DEBIAN /o/etc/sealwax/policy.d && cp /said/other /o/DEBIAN/control && "
               "cp /said/vdso /o/etc/sealwax/policy.d/50-other.conf && dpkg-deb -b /o /o.deb && dpkg -i /o.deb && "
               f"{HELD.format('vdso')}",
    "trigger-mistake": "cp /said/wrong /o/etc/sealwax/policy.d/60-wrong.conf && dpkg-deb -b /o /o.deb && "
                       f"dpkg -i /o.deb && {HELD.format('vdso')} && dpkg -s sealwax | grep ^Status",
    "trigger-removal": f"dpkg -r other-package && ! {HELD.format('vdso')}",
}


class Shipped(Booted):
    UNITS = {**dict(shipped()), "own-etc.service": OWN_ETC}
    STEPS = STEPS
    FILES = {
        **{region: PART.format(region=region) for region in ("text", "rodata", "vdso")},
        "wrong": PART.format(region="tekst"),
        "control": CONTROL.format(name="sealwax"),
        "other": CONTROL.format(name="other-package"),
        "triggers": (DEBIAN / "sealwax.triggers").read_text(),
        "postinst": (DEBIAN / "sealwax.postinst").read_text(),
    }

    def region(self, step, name):
        """What a program that started then is to have sealed of it."""
        return re.search(rf"^{name} +(\w+)", self.said(step)[1], re.MULTILINE)[1]

    def test_part_that_is_put_there_becomes_the_policy_of_what_starts(self):
        self.assertEqual(self.region("path", "text"), "leave", self.said("path")[1])
        self.assertEqual(self.region("path", "rodata"), "seal")

    def test_part_with_a_mistake_leaves_the_last_good_policy(self):
        code, text = self.said("mistake")
        self.assertEqual(code, 0, text)
        self.assertTrue(text.startswith("exit-code\n"), text)
        self.assertIn("\nseal = -text\n", text)
        self.assertEqual(self.region("mistake-shows", "text"), "leave")

    def test_mistake_is_told(self):
        self.assertIn("/etc/sealwax/policy.d/10-own.conf:3:", self.said("mistake-journal")[1])
        code, text = self.said("mistake-doctor")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"finding  parts +\S*/etc/sealwax/policy.d/10-own.conf:3:")

    def test_mended_part_holds_again(self):
        self.assertEqual(self.region("mended", "text"), "seal", self.said("mended")[1])
        self.assertEqual(self.region("mended", "rodata"), "leave")

    def test_policy_that_is_edited_by_hand_stays_so(self):
        self.assertEqual(self.said("edited")[0], 0, self.said("edited")[1])

    def test_part_that_goes_is_taken_out(self):
        self.assertEqual(self.region("gone", "rodata"), "seal", self.said("gone")[1])

    def test_what_is_written_starts_no_further_run_without_end(self):
        self.assertEqual(self.said("quiet"), (0, ""))

    def test_part_that_is_changed_often_is_applied_each_time(self):
        self.assertEqual(self.said("often"), (0, ""))

    def test_part_that_changes_while_another_is_applied_is_applied_as_well(self):
        self.assertEqual(self.said("while-applied"), (0, ""))

    def test_nothing_is_told_where_there_is_no_node_exporter(self):
        self.assertIn("ActiveState=inactive\nConditionResult=no\n", self.said("untold")[1])

    def test_timer_tells_the_node_exporter(self):
        code, text = self.said("told")
        self.assertEqual(code, 0, text)
        self.assertIn("\nsealwax_errors ", text)
        self.assertIn('unit="systemd-journald.service"', text)
        for name, said in (("mode", "644\n"), ("left", "sealwax.prom\n")):
            self.assertEqual(pathlib.Path(self.folder, name).read_text(), said)
        outcome = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))

    def test_timer_tells_again(self):
        self.assertEqual(self.said("told-again"), (0, ""))

    def test_every_number_of_the_alert_rules_is_told(self):
        rules = (SOURCE / "scripts/deploy/prometheus/sealwax.rules.yml").read_text()
        wanted = set(re.findall(r"\bsealwax_\w+(?=[{) >])", rules))
        self.assertIn("sealwax_processes", wanted)
        told = set(re.findall(r"^(sealwax_\w+)", self.said("told")[1], re.MULTILINE))
        self.assertLessEqual(wanted, told)

    def test_unit_with_an_etc_of_its_own_is_told_of(self):
        remedy = r"-> sealwax systemd own-etc.service, and restart it"
        self.assertRegex(
            self.said("own-etc")[1],
            rf"finding  unit  own-etc.service, PID \d+: where it runs there is no /etc/ld.so.preload[^\n]*\n *{remedy}",
        )
        self.assertIn("\nnote: where it runs there is no /etc/ld.so.preload", self.said("own-etc-note")[1])

    def test_what_is_said_of_it_mends_it(self):
        code, text = self.said("own-etc-mended")
        self.assertNotIn("where it runs", text)
        self.assertNotIn("not sealed as the policy wants", text)

    def test_packages_part_is_put_into_the_policy_by_dpkgs_trigger(self):
        code, text = self.said("trigger")
        self.assertEqual(code, 0, text)
        self.assertIn("Processing triggers for sealwax", text)

    def test_packages_part_with_a_mistake_leaves_policy_and_dpkg_whole(self):
        code, text = self.said("trigger-mistake")
        self.assertEqual(code, 0, text)
        self.assertIn("/etc/sealwax/policy.d/60-wrong.conf:3:", text)
        self.assertIn("Status: install ok installed", text)

    def test_packages_part_goes_with_it(self):
        self.assertEqual(self.said("trigger-removal")[0], 0, self.said("trigger-removal")[1])


if __name__ == "__main__":
    main()
