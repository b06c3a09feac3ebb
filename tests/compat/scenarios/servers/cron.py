# SPDX-License-Identifier: Apache-2.0
"""cron with PAM: jobs at its start, one of root's and one of a user's, in sessions that PAM has set up."""

from box import find_program
from own_system import System

PACKAGES = ["cron", "libpam-modules"]
PROGRAMS = ["cron"]
EXPECTED = ["root: root 0 of-pam", "user: waxer 321 of-pam", "user: the second job of waxer"]
PREPARATION = """
useradd --create-home --home-dir /var/waxer --shell /bin/sh waxer
echo 'waxer hard nofile 321' >/etc/security/limits.d/waxer.conf
echo WAX=of-pam >/etc/environment
# A system in a container has no login to put down.
sed -i '/pam_loginuid/d' /etc/pam.d/cron
rm -rf /etc/cron.d/* /var/spool/cron/crontabs/*
echo '@reboot root echo root: $(id -un) $(id -u) $WAX >/var/said.root' >/etc/cron.d/wax
mkdir -m 777 /var/said
printf '%s\\n' '@reboot echo user: $(id -un) $(ulimit -Hn) $WAX >/var/said/first' \\
  '@reboot echo user: the second job of $(id -un) >/var/said/second' | crontab -u waxer -
"""


def run(box):
    system = System(box, PREPARATION)
    system.start(find_program("cron"), "-f")
    for path in ("/var/said.root", "/var/said/first", "/var/said/second"):
        def said(path=path):
            return system.file(path).exists() and system.file(path).read_text()

        box.note(box.wait_until(said, seconds=60).strip())
    box.remember_if_sealed(*system.processes("cron"))
