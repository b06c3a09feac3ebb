# SPDX-License-Identifier: Apache-2.0
"""sealwax systemd with a real systemd, by its effect: units that stop, that may make no process, whose environment
comes from files, and under whose filter some calls of the tool are not there.
"""

from booted import Booted, main

# Says its name where the library is in what it executes, which has no environment.
SAY = "/usr/bin/env -i /bin/sh -c 'grep -q /libsealwax.so /proc/self/maps && echo \"$0\"' "
# Which the journal would not know for the unit's where it has ended.
SAID = "StandardOutput=append:/said/"
# Settings that change what a unit sees of the system's files, or as whom it runs.
MOUNTED = {
    "nothing": "",
    "strict": "ProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes",
    "mounts": "PrivateMounts=yes",
    "no-etc": "TemporaryFileSystem=/etc",
    "root": "RootDirectory=/run/other\nMountAPIVFS=yes",
    "pam": "User=daemon\nPAMName=su",
    "dynamic": "DynamicUser=yes",
    "unset": "UnsetEnvironment=LD_PRELOAD",
}
COMMANDS = {
    "ExecStartPre": ("", "+", "!", "-", "!!", ":"), "ExecStart": ("",), "ExecStartPost": ("", "+"),
    "ExecReload": ("",), "ExecStop": ("",), "ExecStopPost": ("", "+"),
}
SLEEP = "[Service]\nExecStart=/bin/sleep infinity\n"
WAYS = """
given() { sealwax systemd $2 $1 >/said/$1.given 2>&1; systemctl daemon-reload; systemctl restart $1; }
restricted() {
  printf '[Service]\\nType=oneshot\\nRestrictSUIDSGID=yes\\nStandardOutput=file:/said/out\\nExecStart=%s\\n' "$*" \
    >/etc/systemd/system/restricted.service
  systemctl daemon-reload; systemctl start restricted 2>/dev/null; echo "$2 $?"
}
verified() { sealwax systemd --verify --wait 3 $1 >/dev/null 2>&1; echo "$1 $?"; }
"""


def step(*commands):
    return "\n".join([". /said/ways", *commands])


class UnitKinds(Booted):
    UNITS = {
        "plain.service": SLEEP,
        "narrow.service": SLEEP + "User=daemon\nLimitNPROC=1\nLockPersonality=yes\n",
        "worded@.service": SLEEP + "EnvironmentFile=/etc/worded/*.conf\nEnvironmentFile=-/etc/worded/of-%i\n",
        "cleaned.service": "[Service]\nExecStart=/usr/bin/env -i /bin/sleep infinity\n",
        "umbrella.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
        "umbrella@.service": SLEEP,
        **{f"mounted-{name}.service": f"[Service]\nType=oneshot\n{lines}\n{SAID}mounted.out\nExecStart={SAY}{name}\n"
           for name, lines in MOUNTED.items()},
        "commands.service": f"[Service]\nType=oneshot\nRemainAfterExit=yes\n{SAID}commands.out\n" + "".join(
            f"{key}={prefix}{SAY}{key}{prefix}\n" for key, prefixes in COMMANDS.items() for prefix in prefixes),
    }
    FILES = {"ways": WAYS}
    STEPS = {
        "mounted": step(
            "mkdir /run/other", "mount --bind / /run/other",
            *[f"given mounted-{name}" for name in MOUNTED], "cat /said/mounted.out"),
        "commands": step("given commands", "systemctl reload commands", "systemctl stop commands",
                         "cat /said/commands.out"),
        "stopped": step("given plain", "verified plain", "systemctl stop plain", "verified plain",
                        "sealwax systemd --verify plain 2>&1 | grep ^sealwax:"),
        "restricted": step(
            "systemctl start plain", "pid=$(systemctl show -P MainPID plain)",
            "restricted /usr/bin/sealwax status $pid",
            "restricted /usr/bin/sealwax run --require -- /bin/true",
            "rm -rf /usr/lib32  # whose programs would take a library of their own",
            "restricted /usr/bin/sealwax install; cat /etc/ld.so.preload",
            "restricted /usr/bin/sealwax uninstall; grep -c libsealwax /etc/ld.so.preload",
            "verified plain"),
        "narrow": step("given narrow", "grep -c LimitNPROC=1 /said/narrow.given", "verified narrow",
                       "journalctl -q --no-pager -b -o cat -u narrow | grep -c no%20process%20could%20be%20made",
                       "printf 'sealwax-policy 1\\n[defaults]\\nseccomp = trust\\n' >/trusting.conf",
                       "given narrow '--policy /trusting.conf'", "verified narrow"),
        "worded": step("mkdir /etc/worded", "echo LD_PRELOAD=/nothing >/etc/worded/of-one",
                       "echo LD_PRELOAD=/nothing >/etc/worded/a.conf",
                       "given worded@one --environment-only", "grep -o 'EnvironmentFile=[^ ]*' /said/worded@one.given",
                       "verified worded@one", "given worded@one", "verified worded@one"),
        "cleaned": step("given cleaned --environment-only", "grep -c 'env -i' /said/cleaned.given", "verified cleaned",
                        "given cleaned", "verified cleaned"),
        "umbrella": step("sealwax systemd umbrella 2>&1 | grep -o 'name umbrella@.service, or one of its instances'",
                         "given umbrella@one", "verified umbrella@one"),
        "replaced": step(
            "given plain", "verified plain", "echo >/etc/new", "mv /etc/new /etc/ld.so.preload",
            "sealwax status --unit plain.service >/dev/null 2>&1; echo status $?",
            "sealwax doctor 2>&1 | grep -o 'its own /etc/ld.so.preload is gone' | sort -u",
            "verified plain", "systemctl restart plain", "verified plain"),
    }

    def check(self, name, *lines):
        self.assertEqual(self.said(name)[1].splitlines(), list(lines))

    def test_own_list_is_there_whatever_the_unit_sees_of_the_systems_files(self):
        self.check("mounted", *MOUNTED)

    def test_own_list_is_there_for_all_that_systemd_starts_for_the_unit(self):
        self.check("commands", *[key + prefix for key, prefixes in COMMANDS.items() for prefix in prefixes])

    def test_of_a_unit_that_is_stopped_nothing_runs(self):
        self.check("stopped", "plain 0", "plain 2",
                   "sealwax: no process runs in unit plain.service; 'systemctl status plain.service' tells more")

    def test_tool_does_without_openat2(self):
        self.check("restricted", "status 0", "run 0", "install 0", "/usr/$LIB/libsealwax.so", "uninstall 0", "0",
                   "plain 0")

    def test_unit_that_may_make_no_process(self):
        self.check("narrow", "1", "narrow 2", "1", "narrow 0")

    def test_environment_files_by_a_pattern_and_a_specifier(self):
        self.check("worded", "EnvironmentFile=/etc/worded/a.conf", "EnvironmentFile=/etc/worded/of-one",
                   "worded@one 1", "worded@one 0")

    def test_program_without_an_environment(self):
        self.check("cleaned", "1", "cleaned 1", "cleaned 0")

    def test_umbrella_names_the_unit_that_works(self):
        self.check("umbrella", "name umbrella@.service, or one of its instances", "umbrella@one 0")

    def test_file_that_is_renamed_over_the_systems_is_found_out(self):
        self.check("replaced", "plain 0", "status 1", "its own /etc/ld.so.preload is gone", "plain 1", "plain 0")


if __name__ == "__main__":
    main()
