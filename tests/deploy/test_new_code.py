# SPDX-License-Identifier: Apache-2.0
"""sealwax systemd --no-new-code with a real systemd: which ways to new code units have, as a user and as root,
and whose word it is where something is mounted for a unit.
"""

import os
import pathlib

import new_code
from booted import Booted, main

BUILT = pathlib.Path(os.environ["SEALWAX_BUILD"]) / "tests/preload"
ATTACKERS = ("gain_code", "code_on_stack", "libexecutable_stack.so")
SLEEP = "[Service]\nExecStart=/bin/sleep infinity\n"
# Units whose places systemd and their files say in different words.
PLACED = {
    "plain.service": "",
    "named@.service": "StateDirectory=a b/%i\nRuntimeDirectory=run-%p:link\nBindPaths=/var/cache/%i\n"
                      "TemporaryFileSystem=/srv/%p:size=1M\n",
    "many.service": "CacheDirectory=c\nLogsDirectory=l\nConfigurationDirectory=e\nStateDirectory=one\n"
                    "StateDirectory=two\nReadWritePaths=-/srv +/var/lib/dpkg \"/var/with space\"\n"
                    "ReadWriteDirectories=/var/lib/old\nBindPaths=/srv:/mnt -/var/log:/media:norbind\n"
                    "ExecPaths=/opt\nTemporaryFileSystem=/home:ro /var/tmp/mine\n",
    "dynamic.service": "DynamicUser=yes\nStateDirectory=d\n",
    "devices.service": "DeviceAllow=/dev/null rw\nProtectClock=yes\nPrivateUsers=yes\n",
    "clock.service": "ProtectClock=yes\nPrivateUsers=0\n",
    "hard.service": "DynamicUser=yes\nStateDirectory=h\nProtectHome=tmpfs\nPrivateTmp=yes\nPrivateNetwork=yes\n"
                    "PrivateIPC=yes\nProtectProc=invisible\nProcSubset=pid\nProtectControlGroups=yes\n"
                    "ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\n"
                    "ProtectHostname=yes\nProtectClock=yes\nInaccessiblePaths=/srv\nLoadCredential=c:/etc/passwd\n"
                    "CapabilityBoundingSet=\n"
                    "RestrictSUIDSGID=yes\nRestrictRealtime=yes\nUMask=0077\n",
    "strict.service": "ProtectSystem=strict\nMemoryDenyWriteExecute=no\nRootDirectory=/\n",
}
PLACED_UNITS = [name.replace("@", "@one").removesuffix(".service") for name in PLACED]
SHOWN = "NoExecPaths,ExecPaths,ReadOnlyPaths,ProtectSystem,PrivateDevices,MemoryDenyWriteExecute"
PLACES = f"shown={SHOWN}\n" + r"""
places() {
  for unit; do
    echo "== $unit"
    sealwax systemd $OPTION --no-new-code $unit 2>/dev/null | grep -e ^places: -e ^left
    systemctl daemon-reload
    systemctl show -p $shown $unit
    grep -v ^NoExecPaths= /etc/systemd/system/$unit.service.d/50-sealwax.conf
    rm -r /etc/systemd/system/*.d; systemctl daemon-reload
  done
}
"""
BY_FILES = "mkdir -p /run/same; mount --bind / /run/same; OPTION=--root=/run/same"


class NewCode(Booted):
    UNITS = {
        **{name: SLEEP + text for name, text in PLACED.items()},
        "static.service": "[Service]\nExecStart=/bin/sh -c 'exec /usr/local/bin/wait_static'\n",
        "logging.service": SLEEP + "StandardOutput=append:/var/log/logging.log\n",
    }
    FILES = {"attack": (pathlib.Path(__file__).parent.parent / "support/new_code.sh").read_text(encoding="utf-8"),
             "places": PLACES}
    PROGRAMS = {**{name: BUILT / name for name in ATTACKERS}, "wait_static": BUILT.parent / "deploy/wait_static"}
    STEPS = {
        "prepared": "cd /said && install " + " ".join(ATTACKERS) + " wait_static /usr/local/bin; useradd -m tester; "
                    "mkdir -p '/var/with space' /var/lib/old /var/cache/one",
        "attacked": "bash -c '. /said/attack; try_attacks tester root'; rm -r /etc/systemd/system/*.d",
        "shown": ". /said/places; places " + " ".join(PLACED_UNITS),
        "filed": f". /said/places; {BY_FILES}; places " + " ".join(PLACED_UNITS),
        "twice": ". /said/places; sealwax systemd --no-new-code many >/dev/null; systemctl daemon-reload; "
                 "sealwax systemd --no-new-code many",
        "stale": "systemctl start many; echo StateDirectory=three >>/etc/systemd/system/many.service; "
                 "sealwax systemd --no-new-code many | grep ^places:; systemctl daemon-reload; "
                 "sealwax systemd --no-new-code many | grep ^places:; "
                 "sealwax systemd --no-new-code --dry-run named@ | grep ^places:",
        "transient": "systemd-run -q --unit=passing -p StateDirectory=passing sleep infinity; "
                     "sealwax systemd --no-new-code --dry-run passing | grep -e ^places: -e /var/lib/passing",
        "started": "for unit in named@one many dynamic hard; do sealwax systemd --no-new-code --require $unit; "
                   "systemctl daemon-reload; systemctl start $unit; systemctl is-active $unit; done | grep active",
        "static": "sealwax systemd --require static >/dev/null; systemctl daemon-reload; systemctl start static; "
                  "systemctl is-active static; systemctl stop static; "
                  "sealwax systemd --require --no-new-code static | grep ^left; systemctl daemon-reload; "
                  "systemctl start static; systemctl is-active static",
        "logging": "sealwax systemd --no-new-code --require logging | grep ^left; systemctl daemon-reload; "
                   "systemctl start logging; systemctl is-active logging; "
                   "sed -i /^#.left/d /etc/systemd/system/logging.service.d/50-sealwax.conf; "
                   "sealwax systemd --verify logging 2>&1 | grep open",
    }

    def lines(self, name):
        return self.said(name)[1].splitlines()

    def attacks(self, name):
        """The lines of one unit's attacks."""
        found, taken = [], False
        for line in self.lines("attacked"):
            if line.startswith("=== "):
                taken = line == f"=== {name}"
            elif taken:
                found.append(line)
        return found

    def test_ways_to_new_code_are_those_that_are_said_to_be_left(self):
        for user in ("tester", "root"):
            ways = new_code.table(self.attacks, user)
            tried = new_code.tried_ways(self.attacks(f"attack-{user}-bare"))
            self.assertGreaterEqual(len(ways["bare"]), new_code.FEWEST)
            new_code.check(lambda about, found, wanted: self.assertEqual(found, wanted, about), user, ways, tried)

    def test_systemds_word_and_the_files_are_the_same(self):
        shown, filed = self.lines("shown"), self.lines("filed")
        self.assertEqual([line for line in shown if line.startswith("places:")],
                         ["places: as systemd has them"] * len(PLACED_UNITS))
        self.assertEqual([line for line in filed if line.startswith("places:")],
                         ["places: as the unit's files say (of another system)"] * len(PLACED_UNITS))
        kept = [[line for line in lines if not line.startswith("places:")] for lines in (shown, filed)]
        self.assertEqual(*kept)
        self.assertIn("NoExecPaths=/ -/tmp -/var/tmp -/dev -/dev/shm -/dev/hugepages -/dev/mqueue -/run "
                      "-/run/run-named -/var/lib/a -/var/lib/b/one -/var/cache/one -/srv/named", shown)

    def test_own_settings_are_not_taken_for_the_units(self):
        self.assertIn("nothing to do: /etc/systemd/system/many.service.d/50-sealwax.conf is so already",
                      self.lines("twice"))

    def test_files_count_where_systemd_has_not_read_them(self):
        self.assertEqual(self.lines("stale"), [
            "places: as the unit's files say (systemd has not read them as they are now)",
            "places: as systemd has them",
            "places: as the unit's files say (of a template, of which systemd has instances alone)"])

    def test_transient_unit(self):
        first, second = self.lines("transient")
        self.assertEqual(first, "places: as systemd has them")
        self.assertIn(" -/run -/var/lib/passing", second)

    def test_nothing_in_these_places_becomes_code(self):
        self.assertEqual(self.lines("started"), ["active"] * 4)

    def test_static_program_behind_a_shell_starts_sealed(self):
        self.assertEqual(self.lines("static"), [
            "active",
            "left out: SystemCallFilter=~ptrace ('sealwax run' seals its static program by tracing it)", "active"])

    def test_log_that_systemd_opens_is_told_of(self):
        said = self.lines("logging")
        self.assertEqual(said[:2], [
            "left open: StandardOutput=append:/var/log/logging.log (systemd opens the file outside of the unit's "
            "mounts, so that what the unit writes there can be executed; log to the journal)", "active"])
        self.assertRegex(said[2], "^sealwax: logging.service: process [0-9]* has /var/log/logging.log open, which it "
                         "can write and execute$")


if __name__ == "__main__":
    main()
