# SPDX-License-Identifier: Apache-2.0
"""sealwax learn --unit and --boot: a service, or a whole boot, that is watched at its usual work.

A systemd of the test's own starts the service by what the drop-in says; a journal of the test's own
has what its program reported. Run as root, or through sudo where it asks nothing.
"""

import json
import os
import unittest

from rights import main_as_root
from support import LIBRARY, SEALWAX, TestCase, clean_environment, execute, program, sealwax

HINT = "; 'sealwax learn --help' tells how to use it\n"
UNIT = "sealwaxtest-learn.service"

# $1 is the folder; what a service manager is told is noted there.
IN_A_SYSTEM = f"""
set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/system /run/log/journal/x
touch /run/log/journal/x/system.journal
cp "$1/{UNIT}" /run/systemd/system
folder=$1
shift
status=0
PATH=$folder/bin:$PATH FOLDER=$folder "$@" || status=$?
find /run -name '*sealwax-learn*' -o -path '/run/sealwax*' >"$folder/left"
exit $status
"""

# The service runs while it is watched, as Type=simple does; where it reports into a file in place of
# the journal is this test's affair.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>"$FOLDER/calls"
drop_in=/run/systemd/system/$2.d/99-sealwax-learn.conf
case $1 in
  show) echo "Result=$(cat "$FOLDER/result")" ;;
  restart)
    [ ! -f "$FOLDER/pid" ] || { kill $(cat "$FOLDER/pid"); rm "$FOLDER/pid"; }
    [ -f $drop_in ] || exit 0
    [ ! -f "$FOLDER/refuses" ] || { echo 'Job failed.' >&2; exit 1; }
    policy=$(sed -n 's/^Environment="\\?SEALWAX_POLICY=\\([^"]*\\).*/\\1/p' $drop_in)
    cp "$policy" "$FOLDER/policy"
    stat -c %a "$policy" "${policy%/*}" >"$FOLDER/policy_modes"
    sed -i "s|= journal|= file:$FOLDER/reports|" "$policy"
    library=$(sed -n 's/^Environment="\\?LD_PRELOAD=\\([^"]*\\).*/\\1/p' $drop_in)
    LD_PRELOAD=$library SEALWAX_POLICY=$policy $(cat "$FOLDER/command") >/dev/null 2>&1 &
    echo $! >"$FOLDER/pid"
    sleep 1 ;;
esac
"""
JOURNALCTL = """#!/bin/sh
[ "$1" != --sync ] || exit 0
echo "$*" >>"$FOLDER/journal_calls"
[ ! -f "$FOLDER/reports" ] || sed 's/.*/{"MESSAGE":"&"}/' "$FOLDER/reports"
"""


class Watched(TestCase):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("bin"))
        self.write("bin/systemctl", SYSTEMCTL, 0o755)
        self.write("bin/journalctl", JOURNALCTL, 0o755)
        self.write("result", "success\n")
        self.library = self.copy(LIBRARY, "libsealwax.so", 0o644)
        self.against = self.copy(program("against_seals"), "against_seals")
        self.serve("open_tables", "wait_for_signal")

    def serve(self, *actions):
        self.write(UNIT, f"[Service]\nExecStart={self.against} {' '.join(actions)}\n")
        self.write("command", f"{self.against} {' '.join(actions)}\n")

    def learn(self, *options):
        return execute(
            "unshare", "--mount", "sh", "-c", IN_A_SYSTEM, "sh", self.folder,
            SEALWAX, "learn", "--unit", UNIT, "--for", "1s", "--library", self.library, *options,
        )  # fmt: skip

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def check_put_back(self):
        """The service runs as it was, and nothing is left of what was watched by."""
        self.assertEqual(self.read("left"), "")
        self.assertEqual(
            self.read("calls").splitlines()[-2:], ["daemon-reload", f"restart {UNIT}"]
        )
        self.assertFalse(os.path.exists(self.path("pid")))

    def test_what_a_service_does_is_written(self):
        learnt = self.path("learnt")
        outcome = self.learn("-o", learnt)
        self.assertEqual((outcome.code, outcome.err), (1, ""), outcome)
        self.assertTrue(
            outcome.out.startswith(
                f"watched: {UNIT}, for 1 seconds\npolicy: built-in default\n"
                "would be refused: 1 call\n"
            ),
            outcome.out,
        )
        self.assertTrue(
            outcome.out.endswith(
                f"written: {learnt}\nnext: sealwax systemd --policy {learnt} {UNIT}\n"
            ),
            outcome.out,
        )
        self.assertIn(
            f"\n[object {self.against}]\nonly-in = {self.against}\nseal = -relro\n", self.read("learnt")
        )
        self.assertIn("mode = audit\n", self.read("policy"))
        self.assertNotIn("mode = audit", self.read("learnt"))
        self.assertIn(f"--unit={UNIT}", self.read("journal_calls"))
        self.check_put_back()

    def test_service_of_any_user_reads_the_policy_whatever_the_umask(self):
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        self.assertEqual(self.learn("-o", self.path("learnt")).code, 1)
        self.assertEqual(self.read("policy_modes").split(), ["644", "755"])

    def test_service_that_does_nothing_against_a_seal(self):
        self.serve("wait_for_signal")
        outcome = self.learn()
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertTrue(
            outcome.out.endswith(f"would be refused: nothing\nnext: sealwax systemd {UNIT}\n"),
            outcome.out,
        )
        self.check_put_back()

    def test_service_that_did_not_keep_running(self):
        self.serve("wait_for_signal")
        self.write("result", "core-dump\n")
        outcome = self.learn()
        self.assertEqual((outcome.code, outcome.err), (2, ""))
        self.assertTrue(
            outcome.out.endswith(
                f"so far: {UNIT} did not keep running (systemd says core-dump); does it, without "
                f"sealwax?\nnext: systemctl status {UNIT}\n"
            ),
            outcome.out,
        )

    def test_service_in_which_nothing_is_watched(self):
        self.write("command", "env -u SEALWAX_POLICY sleep 60\n")
        outcome = self.learn()
        self.check(
            outcome,
            2,
            err=f"sealwax: no process of {UNIT} was under the policy that watches; "
            f"'sealwax systemd --print {UNIT}' says what may be in the way\n",
        )
        self.check_put_back()

    def test_service_that_does_not_start_so(self):
        self.write("refuses", "")
        outcome = self.learn()
        self.check(outcome, 2, err=f"sealwax: systemctl restart {UNIT} failed: Job failed.\n")
        self.check_put_back()

    def test_request_to_end_ends_the_wait(self):
        """And not the tool, which puts the service back as it was."""
        self.serve("open_tables", "wait_for_signal")
        script = IN_A_SYSTEM.replace('"$@" ||', 'timeout --signal=TERM 4 "$@" ||')
        outcome = execute(
            "unshare", "--mount", "sh", "-c", script, "sh", self.folder,
            SEALWAX, "learn", "--unit", UNIT, "--for", "1h", "--library", self.library, "--json",
        )  # fmt: skip
        document = json.loads(outcome.out)
        self.assertEqual(document["watched"]["unit"], UNIT)
        self.assertEqual(len(document["findings"]), 1)
        self.check_put_back()

    def boot(self, preload, *options):
        """With a `preload` of its own in a system that is watched as a whole."""
        self.write("ld.so.preload", preload)
        script = IN_A_SYSTEM.replace(
            "folder=$1\n", "folder=$1\nmount --bind $1/etc /etc && cp $1/ld.so.preload /etc/\n"
        )
        os.makedirs(self.path("etc"), exist_ok=True)
        return execute(
            "unshare", "--mount", "sh", "-c", script, "sh", self.folder,
            SEALWAX, "learn", "--boot", *options,
        )  # fmt: skip

    def test_boot(self):
        report = "sealwax-report 1 time=5 pid=7 exe=/usr/bin/php event=would-refuse call=mprotect "
        report += "object=/usr/lib/x.so region=text caller=x.so+0x12 mode=audit count=1\n"
        self.write("reports", report)
        self.write("bin/journalctl", JOURNALCTL.replace('"&"}', '"&","_EXE":"\\/usr\\/bin\\/php"}'), 0o755)
        learnt = self.path("learnt")
        outcome = self.boot("", "-o", learnt)
        self.assertEqual(outcome.code, 2)
        self.assertIn("sealwax: nothing watches this boot: ", outcome.err)
        with open(self.path("ld.so.preload"), "w", encoding="utf-8") as file:
            file.write(f"{self.library}\n")
        outcome = self.boot(f"{self.library}\n", "-o", learnt)
        self.assertEqual(outcome.code, 1, outcome)
        self.assertTrue(outcome.out.startswith("watched: this boot\n"), outcome.out)
        self.assertTrue(
            outcome.out.endswith(f"next: sealwax policy check {learnt}\n"), outcome.out
        )
        self.assertIn("\n[object /usr/lib/x.so]\nonly-in = /usr/bin/php\n", self.read("learnt"))
        self.assertIn("--boot", self.read("journal_calls"))


class Usage(TestCase):
    def test_wrong_usage(self):
        for arguments, problem in (
            (["--unit", "nginx"], "--unit UNIT and --for TIME go together"),
            (["--for", "5s", "true"], "--unit UNIT and --for TIME go together"),
            (["--boot", "--for", "5s", "--unit", "u"], "--boot and --for exclude each other"),
            (["--boot", "--library", "l"], "--library is for what is run"),
            (["--boot", "--", "true"], "'true' is too much: no PROGRAM is to be run"),
        ):
            with self.subTest(arguments):
                self.check(sealwax("learn", *arguments), 64, err=f"sealwax: {problem}{HINT}")
        for name, time, problem in (
            ("nginx.timer", "5s", "'nginx.timer' is no name of a service"),
            ("nginx", "soon", "--for takes a time as 90s, 10min, 2h or 1d, not 'soon'"),
            ("nginx", "0s", "--for takes a time as 90s, 10min, 2h or 1d, not '0s'"),
        ):
            with self.subTest(name=name, time=time):
                outcome = sealwax("learn", "--unit", name, "--for", time, env=clean_environment())
                self.check(outcome, 64, err=f"sealwax: {problem}\n")


if __name__ == "__main__":
    main_as_root()
