# SPDX-License-Identifier: Apache-2.0
"""sealwax learn --unit and sealwax seal --unit with a real systemd, which is the first process of a
system that is all this test's.
"""

import os
import pathlib
import re

from booted import Booted, main

WEB = """[Service]
ExecStart=/usr/bin/against_seals open_tables wait_for_signal
"""
# Its program has no environment left that could name a library.
BARE = """[Service]
ExecStart=/usr/bin/env -i /bin/sleep infinity
"""
# It starts another process a hundred times a second.
BUSY = """[Service]
ExecStart=/bin/sh -c 'while true; do /bin/sleep 0.01; done'
"""
PAGE = pathlib.Path(__file__).parents[2] / "src/man/sealwax.1.scd.in"
# Each starts units while it is sealed, at another moment.
MANAGERS = int(os.environ.get("SEALWAX_SEALS", "1"))
STEPS = {
    "learnt": "sealwax learn --unit web --for 2s -o /web.conf",
    "policy": "cat /web.conf",
    "left": "ls -A /run/systemd/system /run/sealwax 2>/dev/null; systemctl show -p ActiveState web",
    "again": "sealwax learn --unit web --for 2s --policy /web.conf",
    "report": "sealwax report --unit web",
    "fields": "journalctl -q -o cat MESSAGE_ID=52a2540f324e489a824f4b6f6f50c45b SEALWAX_REGION=relro "
              "SEALWAX_EXE=/usr/bin/against_seals SYSLOG_IDENTIFIER=sealwax _SYSTEMD_UNIT=web.service",
    "page": "sealwax report --html /said/page.html; grep -c against_seals /said/page.html",
    "sealed": "sealwax systemd --policy /web.conf web && systemctl daemon-reload && "
              "systemctl restart web && sleep 1 && "
              "sealwax status $(systemctl show -p MainPID --value web)",
    "open": "systemctl start bare && sealwax status $(systemctl show -p MainPID --value bare)",
    "timer": "systemctl start sealwax-seal.timer; for n in $(seq 100); do "
             "sealwax status $(systemctl show -p MainPID --value bare) && break; sleep 0.1; done",
    "busy": "systemctl start busy; for n in $(seq 20); do sealwax seal --unit busy >/dev/null || exit; done",
    "user": f"for turn in $(seq {MANAGERS}); do export XDG_RUNTIME_DIR=/run/u$turn; "
            "mkdir -m 700 /run/u$turn; "
            "systemd-run -q --unit=manager$turn -p Delegate=yes -p Type=notify "
            "-E XDG_RUNTIME_DIR=/run/u$turn /lib/systemd/systemd --user --unit=basic.target; "
            "(for n in $(seq 8); do systemd-run --user --wait -q sh -c 'sleep 0.2; exit 3'; echo $?; done) & "
            "sleep 0.$((turn * 37 % 90 + 10)); "
            "sealwax seal --unit manager$turn >/said/sealed-user || echo not sealed; wait; "
            "sealwax status $(systemctl show -p MainPID --value manager$turn) >/said/status-user; "
            "echo status $?; systemctl stop manager$turn; done",
}


def units_of_page():
    """Those that sealwax(1) shows, for the unit here, and sooner."""
    found = re.findall(r"^# cat /etc/systemd/system/(\S+)\n(.*?)(?=^# )", PAGE.read_text(),
                       re.MULTILINE | re.DOTALL)
    return [(name, text.replace("--unit ssh", "--unit bare").replace("OnBootSec=1min", "OnActiveSec=1s"))
            for name, text in found]


class Service(Booted):
    UNITS = {"web.service": WEB, "bare.service": BARE, "busy.service": BUSY, **dict(units_of_page())}
    BEFORE = "web.service"
    STEPS = STEPS

    def test_settings_of_the_machine_are_as_they_were(self):
        self.assertEqual(self.settings(), self.settings_before)

    def test_service_is_watched_and_put_back(self):
        code, text = self.said("learnt")
        self.assertEqual(code, 1, text)
        self.assertIn("watched: web.service, for 2 seconds\npolicy: built-in default\n"
                      "would be refused: 1 call\n", text)
        self.assertIn("\nonly-in = /usr/bin/against_seals\nseal = -relro\n", self.said("policy")[1])
        self.assertEqual(self.said("left")[1].replace("/run/systemd/system:\n", ""),
                         "ActiveState=active\n")

    def test_nothing_is_left_to_learn(self):
        code, text = self.said("again")
        self.assertEqual(code, 0, text)
        self.assertIn("\nwould be refused: nothing\n", text)

    def test_reports_are_the_units(self):
        code, text = self.said("report")
        self.assertEqual(code, 1, text)
        self.assertIn("\nwould be refused: 1 call\n", text)
        self.assertEqual(self.said("page")[0], 0)

    def test_reports_are_found_by_their_fields(self):
        code, text = self.said("fields")
        self.assertEqual(code, 0)
        self.assertTrue(text.startswith("sealwax-report 1 time="), text)
        self.assertIn(" region=relro ", text)

    def test_it_is_sealed_by_what_was_learnt(self):
        code, text = self.said("sealed")
        self.assertEqual(code, 0, text)

    def test_timer_of_the_manual_page_seals_what_has_no_environment(self):
        self.assertEqual(self.said("open")[0], 1)
        code, text = self.said("timer")
        self.assertEqual(code, 0, text)

    def test_processes_of_a_unit_that_end_meanwhile_are_not_missed(self):
        self.assertEqual(self.said("busy"), (0, ""))

    def test_systemd_of_a_user_starts_units_while_it_is_sealed(self):
        self.assertEqual(self.said("user"), (0, ("3\n" * 8 + "status 0\n") * MANAGERS))


if __name__ == "__main__":
    main()
