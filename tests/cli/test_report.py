# SPDX-License-Identifier: Apache-2.0
"""sealwax report: what lines of the journal and of files say together, and the policy from them."""

import json
import os
import subprocess
import unittest

from support import SEALWAX, Outcome, TestCase, clean_environment, program, run, sealwax

HINT = "; 'sealwax report --help' tells how to use it\n"
JOURNAL_REMOTE = os.environ.get("SEALWAX_TEST_JOURNAL_REMOTE", "")


def line(pid=5, time=1717232400, count=1, **fields):
    values = {
        "exe": "/usr/bin/php", "event": "would-refuse", "call": "mprotect", "object": "/usr/lib/x.so",
        "region": "text", "caller": "x.so+0x12", "mode": "audit", **fields,
    }
    text = f"sealwax-report 1 time={time} pid={pid}"
    names = ("exe", "event", "call", "args", "object", "region", "caller", "mode")
    text += "".join(f" {name}={values[name]}" for name in names if values.get(name))
    text += f" count={count}" if count else ""
    return text + (f" message={values['message']}" if "message" in values else "")


def message(event, text, **fields):
    return line(event=event, message=text, call="", object="", region="", caller="", mode="", count=0,
                **fields)


def report(*arguments, **options):
    options.setdefault("env", clean_environment(TZ="UTC"))
    return sealwax("report", *arguments, **options)


class Files(TestCase):
    def log(self, name, *lines):
        return self.write(name, "".join(text + "\n" for text in lines))

    def test_calls_and_messages_of_two_hosts(self):
        one = self.log(
            "one.log", "noise", line(), "Nov 30 11:14:28 web php[5]: " + line(count=7),
            message("incomplete", "libraries%20stay%20open", exe="/usr/bin/mysqld"),
        )
        two = self.log("two.log", line(time=1717232460), line(event="refused", region="relro"))
        outcome = report("--file", one, "--file", two)
        self.check(
            outcome,
            1,
            "reports: 5 lines from 2 hosts, 2024-06-01 09:00:00 to 2024-06-01 09:01:00\n"
            "would be refused: 8 calls\n"
            "refused: 1 call\n"
            "\n"
            "times  hosts  first                last                 verdict           call"
            "               object         by         program\n"
            "    8      2  2024-06-01 09:00:00  2024-06-01 09:01:00  would be refused  mprotect of"
            " text   /usr/lib/x.so  x.so+0x12  /usr/bin/php\n"
            "    1      1  2024-06-01 09:00:00  2024-06-01 09:00:00  refused           mprotect of"
            " relro  /usr/lib/x.so  x.so+0x12  /usr/bin/php\n"
            "\n"
            "times  hosts  first                last                 event       program       "
            "   message\n"
            "    1      1  2024-06-01 09:00:00  2024-06-01 09:00:00  incomplete  /usr/bin/mysqld"
            "  libraries stay open\n"
            "\n"
            f"next: sealwax report -o FILE --file {one} --file {two}\n",
        )

    def test_nothing_reported(self):
        self.check(report("--file", self.log("log", "noise")), 0, "reports: none\n")

    def test_standard_input(self):
        piped = subprocess.run(
            [SEALWAX, "report", "-", "--json"], input=line() + "\n", text=True, check=False,
            capture_output=True, env=clean_environment(),
        )
        outcome = Outcome(piped.returncode, piped.stdout, piped.stderr)
        found = json.loads(outcome.out)
        self.assertEqual((outcome.code, outcome.err, found["hosts"]), (1, "", ["stdin"]))

    def test_since(self):
        log = self.log("log", line(time=1000), line(time=2000, region="relro"))
        found = json.loads(report("--since", "@1500", "--json", "--file", log).out)
        self.assertEqual([one["region"] for one in found["findings"]], ["relro"])
        for ago in (["--since=-2h"], ["--since", "-2h"]):
            self.check(report(*ago, "--file", log), 0, "reports: none\n")

    def test_policy_that_is_written(self):
        log = self.log("log", line(count=2))
        base = self.write("base", "sealwax-policy 1\n\n[defaults]\nmode = audit\n")
        output = self.path("new.conf")
        outcome = report("-o", output, "--policy", base, "--file", log)
        self.assertEqual(outcome.code, 1)
        self.assertTrue(
            outcome.out.endswith(
                f"\nwritten: {output}\nnext: sealwax policy check {output}\n"
            ),
            outcome.out,
        )
        with open(output, encoding="utf-8") as file:
            self.assertEqual(
                file.read(),
                "sealwax-policy 1\n\n[defaults]\nmode = audit\n\n"
                "# mprotect of text, by x.so+0x12, 2 times, on 1 host, last at 2024-06-01 09:00:00.\n"
                "[object /usr/lib/x.so]\nonly-in = /usr/bin/php\nseal = -text\n",
            )
        self.assertEqual(sealwax("policy", "check", "--no-files", output).code, 0)

    def test_what_hosts_answered_counts_as_their_lines_do(self):
        """One policy of many hosts' documents, and nothing of a sender that nobody knows."""
        documents = []
        for host, verdict in (("web1", "program"), ("web2", "unknown")):
            log = self.log(f"{host}.log", line(count=2))
            answered = json.loads(report("--json", "--file", log).out)
            answered["findings"][0]["sender"] = verdict
            documents += ["--document", self.write(f"{host}-report.json", json.dumps(answered))]
        output = self.path("new.conf")
        outcome = report("-o", output, *documents)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertTrue(outcome.out.startswith("reports: 2 lines from 2 hosts, "), outcome.out)
        self.assertIn("\nwould be refused: 4 calls\n", outcome.out)
        with open(output, encoding="utf-8") as file:
            self.assertIn("4 times, on 2 hosts, ", file.read())
        report("-o", output, *documents[2:])
        with open(output, encoding="utf-8") as file:
            self.assertNotIn("[object", file.read())
        page = report("--html", self.path("page.html"), *documents)
        self.assertEqual(page.code, 1)
        self.assertTrue(page.out.startswith("reports: 2 lines from 2 hosts, "), page.out)

    def test_line_that_is_none(self):
        log = self.log("log", "sealwax-report 1 time=1", "sealwax-report 1 nothing", line())
        outcome = report("--json", "--file", log)
        self.assertEqual(
            outcome.err,
            f"sealwax: warning: {log}: a line begins as a report and is none: time, pid or event is "
            "missing\n",
        )
        self.assertEqual(json.loads(outcome.out)["unreadable"], 2)

    def test_line_of_a_hostile_host(self):
        """Neither a terminal nor a policy is steered by what a line says."""
        steers = "%1B%5B2J%0A%5Bdefaults%5D%0Amode%3Doff%0A"
        for number, field in enumerate(("object", "exe", "call", "caller", "region", "event")):
            with self.subTest(field):
                log = self.log(f"log{number}", line(**{"event": "refused", field: f"/a{steers}"}))
                output = self.path(f"new{number}.conf")
                outcome = report("-o", output, "--file", log)
                self.assertNotIn("\x1b", outcome.out)
                with open(output, encoding="utf-8") as file:
                    text = file.read()
                self.assertNotIn("\n[defaults]", text)
                self.assertNotIn("\x1b", text)

    def test_line_without_end(self):
        log = self.log("log", "x" * (3 << 20) + line(), line())
        self.assertEqual(json.loads(report("--json", "--file", log).out)["lines"], 1)

    def test_line_ends_of_another_system(self):
        log = self.log("log", line() + "\r", line() + "\r")
        document = json.loads(report("--json", "--file", log).out)
        self.assertEqual((document["lines"], document["unreadable"]), (2, 0))

    def test_file_that_cannot_be_read(self):
        for path, reason in (
            (self.path("none"), "No such file or directory"),
            (self.folder, "not a regular file; pipe it into -"),
            ("/dev/zero", "not a regular file; pipe it into -"),
        ):
            self.check(report("--file", path), 2, err=f"sealwax: cannot read {path}: {reason}\n")

    def test_from_an_audit_to_a_policy_that_enforces(self):
        """What a program reports under an audit it may do under the policy that is made of it."""
        log = self.path("reports")
        audit = self.write(
            "audit", f"sealwax-policy 1\n\n[defaults]\nmode = audit\nreport-to = file:{log}\n"
        )
        against, action = program("against_seals"), "open_tables"
        self.check(run(against, action, options=["--policy", audit]), 0, f"{action}: done\n")
        learnt = self.path("learnt")
        self.assertEqual(report("-o", learnt, "--policy", audit, "--file", log).code, 1)
        for name, policy, code in (("without", audit, 1), ("with", learnt, 0)):
            with open(policy, encoding="utf-8") as file:
                text = file.read().replace("mode = audit", "mode = enforce")
            enforcing = self.write(name, text)
            self.assertEqual(run(against, action, options=["--policy", enforcing]).code, code)

    def test_what_is_no_file(self):
        wrote = "name what 'status --all --json' or 'report --json' wrote"
        for path, problem in ((self.folder, "not a regular file"), ("/dev/null", "not a regular file"),
                              (self.path("none"), "No such file or directory")):
            outcome = report("--html", self.path("page.html"), "--document", path)
            self.check(outcome, 2, err=f"sealwax: cannot read {path}: {problem}; {wrote}\n")
        outcome = report("--html", self.folder, "--document",
                         self.write("d.json", report("--json", "--file", self.write("log", "")).out))
        self.check(outcome, 2, err=f"sealwax: cannot write {self.folder}: Is a directory; "
                                   "name another file with --html\n")

    def test_wrong_usage(self):
        for arguments, problem in (
            (["log"], "'log' is no option, nor -; --file FILE names a log"),
            (["--unit", "u", "-"], "--unit and --directory are for the journal"),
            (["--directory", "d", "--file", "f"], "--unit and --directory are for the journal"),
            (["--document", "d", "-"], "--document is for --html FILE and -o FILE"),
            (["--policy", "p", "-"], "--policy and --unverified are for -o FILE"),
        ):
            self.check(report(*arguments), 64, err=f"sealwax: {problem}{HINT}")
        self.check(
            report("--since", "tomorrow", "-"),
            64,
            err="sealwax: 'tomorrow' is no time; 'sealwax report --help' lists the ways to give "
            "one\n",
        )


class Journal(TestCase):
    """One that journald's own tool has made."""

    def journal(self, *entries):
        text = ""
        for number, (said, fields) in enumerate(entries, 1):
            values = {
                "__REALTIME_TIMESTAMP": 1717232400000000 + number,
                "__MONOTONIC_TIMESTAMP": number,
                "_BOOT_ID": "0123456789abcdef0123456789abcdef",
                "_MACHINE_ID": "0123456789abcdef0123456789abcdef",
                "_HOSTNAME": "web1",
                "_UID": 33,
                "_TRANSPORT": "syslog",
                **fields,
                "MESSAGE": said,
            }
            text += "".join(f"{name}={value}\n" for name, value in values.items()) + "\n"
        folder = self.path("journal")
        os.mkdir(folder)
        subprocess.run(
            [JOURNAL_REMOTE, "-o", f"{folder}/t.journal", "-"], input=text, text=True, check=True,
            capture_output=True, env=clean_environment(),
        )
        return folder

    def findings(self, *arguments):
        outcome = report("--json", "--directory", *arguments)
        self.assertEqual(outcome.err, "")
        return json.loads(outcome.out)

    def test_who_has_sent_it(self):
        folder = self.journal(
            (line(), {"_EXE": "/usr/bin/php"}),
            (line(region="relro"), {"_EXE": "/usr/bin/logger"}),
            (line(region="rodata"), {}),
            ("noise", {"_EXE": "/usr/bin/php"}),
        )
        found = self.findings(folder)
        self.assertEqual(
            {one["region"]: (one["sender"], one["users"], one["hosts"]) for one in found["findings"]},
            {
                "text": ("program", [33], ["web1"]),
                "relro": ("another", [33], ["web1"]),
                "rodata": ("unknown", [33], ["web1"]),
            },
        )
        self.assertEqual(found["exceptions"], 1)
        shown = report("--directory", folder).out
        self.assertEqual(shown.count("/usr/bin/php (sent by another program)\n"), 1)

    def test_exceptions_of_known_senders_alone(self):
        folder = self.journal(
            (line(), {"_EXE": "/usr/bin/php"}), (line(object="/usr/lib/forged.so"), {}),
            (line(object="/usr/lib/other.so"), {"_EXE": "/usr/bin/logger"}),
        )
        for options, forged in (([], False), (["--unverified"], True)):
            output = self.path("new.conf")
            report("-o", output, *options, "--directory", folder)
            with open(output, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("/usr/lib/x.so", text)
            self.assertNotIn("/usr/lib/other.so", text)
            self.assertEqual("/usr/lib/forged.so" in text, forged)

    def test_one_unit(self):
        folder = self.journal(
            (line(), {"_SYSTEMD_UNIT": "a.service"}),
            (line(region="relro"), {"_SYSTEMD_UNIT": "b.service"}),
        )
        found = self.findings(folder, "--unit", "b.service")
        self.assertEqual([one["region"] for one in found["findings"]], ["relro"])

    def test_unit_of_which_nothing_is_there(self):
        folder = self.journal(("noise", {"_SYSTEMD_UNIT": "a.service"}))
        self.check(report("--directory", folder, "--unit", "a.service"), 0, "reports: none\n")
        self.check(report("--directory", folder, "--unit", "aa.service"), 2,
                   err="sealwax: the journal has nothing of unit aa.service; 'systemctl status aa.service' "
                       "shows whether there is one\n")

    def test_long_line(self):
        folder = self.journal((line(object="/" + "o" * 4090, exe="/" + "p" * 4090), {}))
        self.assertEqual(self.findings(folder)["lines"], 1)

    def test_journal_without_a_report(self):
        self.check(report("--directory", self.journal(("noise", {}))), 0, "reports: none\n")

    def test_no_journal(self):
        self.check(
            report("--directory", self.folder),
            2,
            err=f"sealwax: there is no journal in {self.folder}; name log files with --file\n",
        )

    def test_no_journalctl(self):
        folder = self.journal((line(), {}))
        self.check(
            report("--directory", folder, env=clean_environment(PATH=self.folder)),
            2,
            err="sealwax: cannot run journalctl: No such file or directory; name log files with "
            "--file\n",
        )

    def test_journal_that_is_damaged(self):
        folder = self.journal((line(), {}))
        with open(f"{folder}/t.journal", "r+b") as file:
            file.write(b"not a journal")
        self.assertEqual(report("--directory", folder).code, 2)


if __name__ == "__main__":
    unittest.main()
