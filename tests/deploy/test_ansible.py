# SPDX-License-Identifier: Apache-2.0
"""The recipe for Ansible, run on a host that a real systemd has booted: looked at first, done, done again, taken back."""

import json
import os
import pathlib
import re

from booted import Booted, main

ROLE = pathlib.Path(os.environ["SEALWAX_SOURCE"]) / "scripts/deploy/ansible"
WEB = """[Service]
ExecStart=/usr/bin/against_seals open_tables wait_for_signal
"""
# As the package has it; what is installed by hand goes first, so that the first run has nothing.
PACKAGE = (
    "mkdir -p /p/DEBIAN /p/usr/bin /p/usr/lib && cp /said/control /p/DEBIAN/control && "
    "mv /usr/bin/sealwax /p/usr/bin && lib=$(echo /usr/lib/*/libsealwax.so) && mkdir -p /p${lib%/*} && "
    "mv $lib /p$lib && dpkg-deb -b /p /sealwax.deb"
)
CONTROL = "Package: sealwax\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: test\n"
PLAY = "- hosts: all\n  roles: [sealwax]\n"
POLICY = "sealwax-policy 1\n[defaults]\nmode = enforce\n"


def run(*options, **values):
    variables = {"sealwax_package": "/sealwax.deb", "sealwax_reports": "/said/reports",
                 "sealwax_services": ["web.service"], "ansible_python_interpreter": "/usr/bin/python3", **values}
    words = ["ansible-playbook", "-c", "local", "-i", "web1,", *options, "-e", f"'{json.dumps(variables)}'",
             "/said/play.yml"]
    return ("export HOME=/root LC_ALL=C.UTF-8 DPKG_FORCE=unsafe-io ANSIBLE_NOCOLOR=1 ANSIBLE_GATHERING=explicit "
            f"ANSIBLE_ROLES_PATH={ROLE}/roles; " + " ".join(words))


class Recipe(Booted):
    UNITS = {"web.service": WEB}
    BEFORE = "web.service"
    FILES = {"control": CONTROL, "play.yml": PLAY, "policy.conf": POLICY}
    STEPS = {
        "package": PACKAGE,
        "looked-at": run("--check", sealwax_policy="/said/policy.conf"),
        "nothing": "ls /usr/bin/sealwax /etc/sealwax /etc/systemd/system/web.service.d /said/reports",
        "done": run(sealwax_policy="/said/policy.conf"),
        "sealed": "sealwax systemd --verify web && cmp /said/policy.conf /etc/sealwax/policy.conf",
        "fetched": "cat /said/reports/web1.json",
        "again": run(sealwax_policy="/said/policy.conf"),
        "back": run(sealwax_policy="", sealwax_services=[], sealwax_services_removed=["web.service"]),
        "without": "! ls /etc/sealwax/policy.conf && ! ls /etc/systemd/system/web.service.d/50-sealwax.conf && "
                   "! grep -q libsealwax /proc/$(systemctl show -p MainPID --value web)/maps",
    }

    def recap(self, step):
        """How many tasks changed and failed."""
        code, text = self.said(step)
        self.assertEqual(code, 0, text[-3000:])
        return tuple(map(int, re.search(r"changed=(\d+) .* failed=(\d+)", text).groups()))

    def test_first_look_changes_nothing(self):
        self.assertEqual(self.said("package")[0], 0, self.said("package")[1])
        changed, failed = self.recap("looked-at")
        self.assertGreater(changed, 0)
        self.assertEqual(failed, 0)
        self.assertEqual(len(re.findall("No such file", self.said("nothing")[1])), 4)

    def test_service_is_sealed(self):
        self.assertEqual(self.recap("done")[1], 0)
        self.assertEqual(self.said("sealed")[0], 0, self.said("sealed")[1])

    def test_reports_are_fetched(self):
        self.assertEqual(json.loads(self.said("fetched")[1])["schema"], "sealwax-report-summary 1")

    def test_second_run_changes_nothing(self):
        self.assertEqual(self.recap("again"), (0, 0))

    def test_it_is_taken_back(self):
        self.assertEqual(self.recap("back")[1], 0)
        self.assertEqual(self.said("without")[0], 0, self.said("without")[1])


if __name__ == "__main__":
    main()
