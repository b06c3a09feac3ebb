"""sealwax learn --unit and sealwax seal --unit with a real systemd, which is the first process of a
system that is all this test's: on a layer over this machine's disk, of which nothing stays.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from rights import SKIPPED, become_root

BUILD, LIBRARY = os.environ["SEALWAX_BUILD"], os.environ["SEALWAX_LIBRARY"]
AGAINST = os.path.join(BUILD, "tests/cli/against_seals")

# "$0" is where the system leaves what it has to say, "$1" an empty folder for its disk. The folder in the
# control groups is the caller's.
BOOT = r"""
set -e
mount -t tmpfs layer "$1"
mkdir -p "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" layer "$1/root"
cd "$1/root"
mount -t proc proc proc
# The kernel's settings are the machine's, and a first process raises some.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 groups sys/fs/cgroup
for folder in dev run tmp var/log/journal; do mkdir -p $folder && mount -t tmpfs $folder $folder; done
for name in null zero full random urandom; do touch dev/$name && mount --bind /dev/$name dev/$name; done
ln -s /proc/self/fd dev/fd
mkdir -p dev/shm dev/pts said && mount -t tmpfs shm dev/shm && mount -t devpts devpts dev/pts
mount --bind "$0" said
install -m 755 "$SEALWAX" usr/bin/sealwax
install -m 644 "$LIBRARY" "usr/lib/$MULTIARCH/libsealwax.so"
install -m 755 "$AGAINST" usr/bin/against_seals
rm -rf etc/systemd/system/*.wants etc/sealwax
cp "$0"/*.service "$0"/*.timer "$0"/first.target etc/systemd/system
ln -sf first.target etc/systemd/system/default.target
pivot_root . mnt
umount -l /mnt
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
"""

WEB = """[Service]
ExecStart=/usr/bin/against_seals open_tables wait_for_signal
"""
PROBE = """[Unit]
Wants=web.service
After=web.service
[Service]
Type=oneshot
ExecStart=/bin/sh /said/probe
"""
# Its program has no environment left that could name a library.
BARE = """[Service]
ExecStart=/usr/bin/env -i /bin/sleep infinity
"""
PAGE = pathlib.Path(__file__).parents[2] / "src/man/sealwax.1.scd.in"
TARGET = """[Unit]
Requires=systemd-journald.service
Wants=probe.service
"""
STEPS = {
    "learnt": "sealwax learn --unit web --for 2s -o /web.conf",
    "policy": "cat /web.conf",
    "left": "ls -A /run/systemd/system /run/sealwax 2>/dev/null; systemctl show -p ActiveState web",
    "again": "sealwax learn --unit web --for 2s --policy /web.conf",
    "report": "sealwax report --unit web",
    "page": "sealwax report --html /said/page.html; grep -c against_seals /said/page.html",
    "sealed": "sealwax systemd --policy /web.conf web && systemctl daemon-reload && "
              "systemctl restart web && sleep 1 && "
              "sealwax status $(systemctl show -p MainPID --value web)",
    "open": "systemctl start bare && sealwax status $(systemctl show -p MainPID --value bare)",
    "timer": "systemctl start sealwax-seal.timer; for n in $(seq 100); do "
             "sealwax status $(systemctl show -p MainPID --value bare) && break; sleep 0.1; done",
    "user": "mkdir -m 700 /run/u; export XDG_RUNTIME_DIR=/run/u; "
            "systemd-run -q --unit=manager -p Delegate=yes -p Type=notify -E XDG_RUNTIME_DIR=/run/u "
            "/lib/systemd/systemd --user --unit=basic.target; "
            "(for n in $(seq 8); do systemd-run --user --wait -q sh -c 'sleep 0.2; exit 3'; echo $?; done) & "
            "sleep 0.5; sealwax seal --unit manager >/said/sealed-user || echo not sealed; wait; "
            "sealwax status $(systemctl show -p MainPID --value manager) >/said/status-user; echo status $?",
}


def units_of_page():
    """Those that sealwax(1) shows, for the unit here, and sooner."""
    found = re.findall(r"^# cat /etc/systemd/system/(\S+)\n(.*?)(?=^# )", PAGE.read_text(),
                       re.MULTILINE | re.DOTALL)
    return [(name, text.replace("--unit ssh", "--unit bare").replace("OnBootSec=1min", "OnActiveSec=1s"))
            for name, text in found]


def groups():
    """Where the control groups of version 2 are; None: nowhere."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        found = [line.split()[1] for line in file if line.split()[2] == "cgroup2"]
    return next((path for path in found if os.access(path, os.W_OK)), None)


def enter(group):
    with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as file:
        file.write("0")


def take_away(group):
    """With those that the system has made in it, whose processes are gone."""
    for folder, _, _ in os.walk(group, topdown=False):
        os.rmdir(folder)


class Service(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sealwax-service-")
        cls.layer = tempfile.mkdtemp(prefix="sealwax-layer-")
        cls.addClassCleanup(os.rmdir, cls.layer)
        cls.settings_before = cls.settings()
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", cls.folder], check=True)
        probe = "".join(f"({command}) >/said/{name} 2>&1; echo $? >/said/{name}.code\n"
                        for name, command in STEPS.items())
        for name, text in (("web.service", WEB), ("bare.service", BARE), ("probe.service", PROBE),
                           ("first.target", TARGET), *units_of_page(),
                           ("probe", probe + "systemctl --no-block poweroff\n")):
            with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        group = os.path.join(groups(), f"sealwax-test-{os.getpid()}")
        os.mkdir(group)
        cls.addClassCleanup(take_away, group)
        environment = {**os.environ, "LIBRARY": LIBRARY, "AGAINST": AGAINST,
                       "MULTIARCH": os.environ["SEALWAX_MULTIARCH"]}
        subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--ipc", "--uts",
             "--propagation", "private", "sh", "-c", BOOT, cls.folder, cls.layer],
            preexec_fn=lambda: enter(group), env=environment, check=False, timeout=240, stdin=subprocess.DEVNULL,
        )

    @staticmethod
    def settings():
        """Of the kernel, those that systemd raises when it boots a machine."""
        names = "fs/file-max", "fs/nr_open", "net/unix/max_dgram_qlen"
        return [pathlib.Path("/proc/sys", name).read_text() for name in names]

    def said(self, name):
        """Its exit code, and what it printed."""
        texts = []
        for path in name + ".code", name:
            with open(os.path.join(self.folder, path), encoding="utf-8") as file:
                texts.append(file.read())
        return int(texts[0]), texts[1]

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

    def test_it_is_sealed_by_what_was_learnt(self):
        code, text = self.said("sealed")
        self.assertEqual(code, 0, text)

    def test_timer_of_the_manual_page_seals_what_has_no_environment(self):
        self.assertEqual(self.said("open")[0], 1)
        code, text = self.said("timer")
        self.assertEqual(code, 0, text)

    def test_systemd_of_a_user_starts_units_while_it_is_sealed(self):
        self.assertEqual(self.said("user"), (0, "3\n" * 8 + "status 0\n"))


if __name__ == "__main__":
    if os.geteuid() != 0:
        become_root()
    if groups() is None:
        print("skipped: needs control groups of version 2 that may be made")
        sys.exit(SKIPPED)
    unittest.main()
