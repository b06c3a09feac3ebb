# SPDX-License-Identifier: Apache-2.0
"""sealwax systemd --user with the systemd of a user, which mounts for a unit what the user may."""

from booted import Booted, main

MANAGER = r"""
export XDG_RUNTIME_DIR=/run/u HOME=/home/u
unit() { printf '[Service]\n%b\n' "$2" >$HOME/.config/systemd/user/$1.service; }
change() { sealwax systemd --user "$@" 2>&1 | sed "s,$HOME,HOME,"; systemctl --user daemon-reload; }
sealed() { sealwax systemd --user --verify --wait 5 $1 >/dev/null 2>&1; echo "$1 $?"; }
"""


def step(*commands):
    return "\n".join([". /said/manager", *commands])


class UserUnits(Booted):
    FILES = {"manager": MANAGER}
    STEPS = {
        "begin": step(
            "mkdir -m 700 $XDG_RUNTIME_DIR; mkdir -p $HOME/.config/systemd/user",
            "systemd-run -q --unit=manager -p Delegate=yes -p Type=notify -E HOME=$HOME "
            "-E XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR /lib/systemd/systemd --user --unit=basic.target",
            "unit plain 'ExecStart=/bin/sleep infinity'",
            "unit bare 'PrivateUsers=yes\\nExecStart=/usr/bin/env -i /bin/sleep infinity'"),
        "without-a-place": step("change --dry-run bare | grep alone"),
        "plain": step(": >/etc/ld.so.preload", "change plain", "systemctl --user start plain", "sealed plain"),
        "bare": step("change bare", "systemctl --user start bare", "sealed bare",
                     "change --environment-only bare | grep -v warning", "systemctl --user restart bare",
                     "sealed bare"),
        "removed": step("change --remove plain", "systemctl --user restart plain", "sealed plain",
                        "ls $HOME/.config/systemd/user"),
    }

    def test_without_a_file_to_mount_over_the_variable_alone_is_left(self):
        self.assertEqual(self.said("without-a-place")[1],
                         "by LD_PRELOAD alone: bare.service is a user's, and there is no /etc/ld.so.preload, "
                         "which only root can make\n")

    def test_plain_unit_is_sealed(self):
        lines = self.said("plain")[1].splitlines()
        self.assertEqual(lines[-3:], [
            "written: HOME/.config/systemd/user/plain.service.d/50-sealwax.conf",
            "next: systemctl --user daemon-reload && systemctl --user restart plain.service",
            "plain 0"])
        self.assertEqual(lines[0], "by LD_PRELOAD alone: plain.service is a user's, whose mounts would put it into "
                         "a user namespace, where setuid programs gain nothing; a unit with PrivateUsers=yes "
                         "is in one")

    def test_unit_with_users_of_its_own_has_a_list_too(self):
        self.assertEqual(
            [line for line in self.said("bare")[1].splitlines() if "next" not in line],
            ["written: HOME/.config/systemd/user/bare.service.d/50-sealwax.preload",
             "written: HOME/.config/systemd/user/bare.service.d/50-sealwax.conf", "bare 0",
             "written: HOME/.config/systemd/user/bare.service.d/50-sealwax.conf",
             "removed: HOME/.config/systemd/user/bare.service.d/50-sealwax.preload", "bare 1"])

    def test_removed(self):
        self.assertEqual(self.said("removed")[1].splitlines()[-4:],
                         ["plain 1", "bare.service", "bare.service.d", "plain.service"])


if __name__ == "__main__":
    main()
