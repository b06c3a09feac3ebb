# SPDX-License-Identifier: Apache-2.0
"""sealwax status: processes that seal themselves, that Sealwax sealed, that are not sealed."""

import json
import mmap
import os
import pty
import subprocess
import unittest
from unittest.mock import ANY

from support import (
    FROM_KERNEL,
    LIBRARY,
    REGIONS,
    SEALWAX,
    TestCase,
    clean_environment,
    maps,
    program,
    sealwax,
    without_notes,
)

NO_COUNTS = {"mappings": 0, "bytes": 0, "sealed_mappings": 0, "sealed_bytes": 0}


def counts(mappings, pages, sealed_mappings=0, sealed_pages=0):
    return {
        "mappings": mappings,
        "bytes": pages * 4096,
        "sealed_mappings": sealed_mappings,
        "sealed_bytes": sealed_pages * 4096,
    }


def counts_of(lines):
    """Of mappings of which none is sealed."""
    return counts(len(lines), sum(line.end - line.begin for line in lines) // 4096)


def start_in_place(test):
    """The layout under a policy that has its text nowhere moved, wherever it was built; and that."""
    policy = test.write("own", "sealwax-policy 1\n[defaults]\ntext = in-place\n")
    environment = clean_environment(SEALWAX_POLICY=policy)
    return test.start(program("layout"), ready="ready\n", env=environment), policy


def status_json(*arguments):
    outcome = sealwax("status", "--json", *map(str, arguments))
    return outcome, json.loads(outcome.out)


class OwnLayout(TestCase):
    """A program with each kind of region, which seals its text and half of its constants."""

    def setUp(self):
        super().setUp()
        self.process, self.policy = start_in_place(self)
        self.maps = maps(self.process.pid)
        self.vdso = counts_of([line for line in self.maps if line.name in FROM_KERNEL])
        self.stack = counts_of([line for line in self.maps if line.name == "[stack]"])

    def test_json(self):
        outcome, document = status_json(self.process.pid)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        self.assertEqual(
            document,
            {
                "schema": "sealwax-status 1",
                "processes": [
                    {
                        "pid": self.process.pid,
                        "exe": program("layout"),
                        "unit": ANY,
                        "user": os.getuid(),
                        "readable": True,
                        "ok": False,
                        "policy": self.policy,
                        "policy_known": True,
                        "notes": [],
                        "counts": None,
                        "wanted": ["text", "rodata", "relro", "gaps", "vdso"],
                        "observed": [],
                        "findings": ["rodata", "relro", "gaps", "vdso"],
                        "verdict": "open",
                        "verdicts": {
                            "text": "sealed",
                            "rodata": "partly",
                            "relro": "open",
                            "gaps": "open",
                            "data": "off",
                            "vdso": "open",
                            "stack": "off",
                        },
                        "regions": {
                            "text": counts(1, 1, 1, 1),
                            "rodata": counts(2, 2, 1, 1),
                            "relro": counts(1, 1),
                            "gaps": counts(1, 4),
                            "data": counts(2, 3),
                            "vdso": self.vdso,
                            "stack": self.stack,
                        },
                    }
                ],
                "errors": [],
                "ok": False,
            },
        )

    def table(self):
        vdso = (self.vdso["mappings"], self.vdso["bytes"] // 1024)
        stack = (self.stack["mappings"], self.stack["bytes"] // 1024)
        return (
            f"process {self.process.pid}: {program('layout')}\n"
            f"policy: {self.policy}\n"
            "region  policy  state   mappings  sealed  KiB  KiB sealed\n"
            "text    seal    sealed         1       1    4           4\n"
            "rodata  seal    partly         2       1    8           4\n"
            "relro   seal    open           1       0    4           0\n"
            "gaps    seal    open           1       0   16           0\n"
            "data    leave   off            2       0   12           0\n"
            f"vdso    seal    open    {vdso[0]:8}       0  {vdso[1]:3}           0\n"
            f"stack   leave   off     {stack[0]:8}       0  {stack[1]:3}           0\n"
            "not sealed as the policy wants: rodata, relro, gaps, vdso\n"
        )

    def test_table(self):
        self.check(sealwax("status", str(self.process.pid)), 1, self.table())

    def test_several_processes_and_one_that_vanished(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        pid = str(self.process.pid)
        self.check(
            sealwax("status", pid, str(gone.pid), pid),
            1,
            self.table() + "\n" + self.table(),
            f"sealwax: there is no process {gone.pid}; give the PID of one that runs\n",
        )

    def test_color(self):
        text = sealwax("status", "--color", "always", str(self.process.pid)).out.splitlines()
        bold, green, red, off = "\033[1m", "\033[32m", "\033[31m", "\033[0m"
        self.assertEqual(text[0:2], self.table().splitlines()[0:2])
        self.assertEqual(
            text[2].replace(bold, "").replace(off, ""), self.table().splitlines()[2]
        )
        self.assertEqual(
            text[3:5],
            [
                f"text    seal    {green}sealed{off}         1       1    4           4",
                f"rodata  seal    {red}partly{off}         2       1    8           4",
            ],
        )
        self.assertEqual(text[7], "data    leave   off            2       0   12           0")

    def test_maps(self):
        own = program("layout")
        other = []
        for line in self.maps:
            if line.begin >= 0x40C000:
                region = "vdso" if line.name in FROM_KERNEL else line.name.strip("[]")
                region = region if region in ("vdso", "stack") else "-"
                state = {"vdso": "open", "stack": "off"}.get(region, "-")
                where = f"{line.begin:x}-{line.end:x}"
                other.append((where, line.perms, "no", state, region, line.name))
        rows = [
            ("range", "perm", "sealed", "state", "region", "object"),
            ("400000-401000", "r-xp", "yes", "sealed", "text", own),
            ("402000-403000", "r--p", "yes", "sealed", "rodata", own),
            ("403000-404000", "r--p", "no", "open", "rodata", own),
            ("404000-408000", "---p", "no", "open", "gaps", own),
            ("408000-409000", "rw-p", "no", "open", "relro", own),
            ("409000-40a000", "rw-p", "no", "off", "data", own),
            ("40a000-40c000", "rw-p", "no", "off", "data", own),
        ] + other
        width = max(len(row[0]) for row in rows)
        table = "".join(
            f"{row[0]:{width}}  {row[1]:4}  {row[2]:6}  {row[3]:6}  {row[4]:6}  {row[5]}".rstrip()
            + "\n"
            for row in rows
        )
        self.check(
            sealwax("status", "--maps", str(self.process.pid)),
            1,
            f"process {self.process.pid}: {own}\npolicy: {self.policy}\n{table}"
            "not sealed as the policy wants: rodata, relro, gaps, vdso\n",
        )

    def test_maps_as_json(self):
        _, document = status_json("--maps", self.process.pid)
        mappings = document["processes"][0]["maps"]
        self.assertEqual(
            mappings[5],
            {
                "begin": "0x409000",
                "end": "0x40a000",
                "permissions": "rw-p",
                "sealed": False,
                "finding": False,
                "verdict": "off",
                "region": "data",
                "object": program("layout"),
                "name": program("layout"),
            },
        )
        self.assertEqual((mappings[6]["object"], mappings[6]["name"]), (program("layout"), ""))
        self.assertEqual((mappings[0]["sealed"], mappings[0]["finding"]), (True, False))
        self.assertEqual((mappings[2]["sealed"], mappings[2]["finding"]), (False, True))

    def test_policy_of_the_process(self):
        policy = self.write(
            "policy", "sealwax-policy 1\n[defaults]\nseal = text\ntext = in-place\n"
        )
        process = self.start(
            program("layout"), ready="ready\n", env=clean_environment(SEALWAX_POLICY=policy)
        )
        outcome, document = status_json(process.pid)
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        found = document["processes"][0]
        self.assertEqual(
            (found["policy"], found["wanted"], found["findings"], found["ok"], document["ok"]),
            (policy, ["text"], [], True, True),
        )

    def test_object_section_of_the_policy(self):
        policy = self.write(
            "policy",
            "sealwax-policy 1\n[defaults]\nseal = text vdso\n[object layout]\nseal = rodata\n",
        )
        process = self.start(
            program("layout"), ready="ready\n", env=clean_environment(SEALWAX_POLICY=policy)
        )
        found = status_json(process.pid)[1]["processes"][0]
        self.assertEqual((found["wanted"], found["findings"]), (["rodata", "vdso"],) * 2)

    def test_bad_policy_of_the_process(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\ncolour = red\n")
        process = self.start(
            program("layout"), ready="ready\n", env=clean_environment(SEALWAX_POLICY=policy)
        )
        outcome = sealwax("status", str(process.pid))
        self.assertEqual(outcome.code, 2)
        self.assertEqual(
            outcome.err,
            f"sealwax: process {process.pid}: {policy}:3:1: unknown key ('colour'); "
            "nothing is sealed: the built-in default only observes\n",
        )


class Others(TestCase):
    def test_sealed_by_the_library(self):
        """RELRO lies in anonymous memory then: only program headers tell whose it is."""
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\ntext = in-place\n")
        process = self.start(
            "sh", "-c", "echo ready; read line", ready="ready\n",
            env=clean_environment(LD_PRELOAD=LIBRARY, SEALWAX_POLICY=policy),
        )
        outcome, document = status_json("--maps", process.pid)
        self.assertEqual((outcome.code, outcome.err, document["ok"]), (0, "", True))
        found = document["processes"][0]
        self.assertEqual(found["findings"], [])
        for name in ("text", "rodata", "relro", "vdso"):
            region = found["regions"][name]
            self.assertGreater(region["mappings"], 0)
            self.assertEqual(region["sealed_mappings"], region["mappings"])
            self.assertEqual(region["sealed_bytes"], region["bytes"])
        self.assertEqual(found["regions"]["data"]["sealed_bytes"], 0)
        self.assertEqual(found["regions"]["stack"]["sealed_bytes"], 0)
        moved = [part for part in found["maps"] if part["region"] == "relro"]
        self.assertEqual({part["name"] for part in moved}, {""})
        self.assertEqual(
            {part["object"] for part in moved},
            {line.name for line in maps(process.pid) if "x" in line.perms} - set(FROM_KERNEL)
            - {"[vsyscall]"},
        )

    def test_unsealed(self):
        process = self.start("sh", "-c", "echo ready; read line", ready="ready\n")
        outcome, document = status_json(process.pid)
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        found = document["processes"][0]
        self.assertEqual(found["findings"], ["text", "rodata", "relro", "vdso"])
        lines = maps(process.pid)
        text = [line for line in lines if "x" in line.perms and line.inode != 0]
        self.assertEqual(found["regions"]["text"], counts_of(text))

    def test_mapped_elf_file_is_data(self):
        with open(os.path.realpath("/bin/sh"), "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        self.addCleanup(mapped.close)
        _, document = status_json("--maps", os.getpid())
        parts = [
            part
            for part in document["processes"][0]["maps"]
            if part["name"] == os.path.realpath("/bin/sh")
        ]
        self.assertEqual(len(parts), 1)
        self.assertEqual((parts[0]["region"], parts[0]["object"]), (None, None))

    def test_ended_process(self):
        process = subprocess.Popen(["true"])
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.addCleanup(process.wait)
        message = (
            f"process {process.pid} has ended and only waits for its parent; give another PID"
        )
        outcome, document = status_json(process.pid)
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {message}\n"))
        self.assertEqual(
            document,
            {
                "schema": "sealwax-status 1",
                "processes": [],
                "errors": [{"pid": process.pid, "message": message}],
                "ok": False,
            },
        )

    def test_name_that_steers_terminals(self):
        greet = self.copy(program("layout"), "lay\033[31m\nout")
        process = self.start(greet, ready="ready\n")
        self.assertEqual(
            sealwax("status", str(process.pid)).out.splitlines()[0],
            f"process {process.pid}: {self.folder}/lay\\x1b[31m\\x0aout",
        )
        found = status_json(process.pid)[1]["processes"][0]
        self.assertEqual(found["exe"], greet)
        self.assertEqual(found["regions"]["text"], counts(1, 1, 1, 1))

    def test_name_that_is_not_utf8(self):
        path = os.path.join(self.folder.encode(), b"lay\xffout")
        os.symlink(program("layout"), self.path("link"))
        with open(program("layout"), "rb") as source, open(path, "wb") as copy:
            copy.write(source.read())
        os.chmod(path, 0o755)
        process = self.start(path, ready="ready\n")
        found = status_json(process.pid)[1]["processes"][0]
        self.assertEqual(found["exe"], f"{self.folder}/lay\ufffdout")

    def test_program_whose_file_is_deleted(self):
        layout = self.copy(program("layout"), "deleted")
        process = self.start(layout, ready="ready\n")
        os.unlink(layout)
        found = status_json(process.pid)[1]["processes"][0]
        self.assertEqual(found["exe"], layout + " (deleted)")
        self.assertEqual(found["regions"]["gaps"], counts(1, 4))


class All(TestCase):
    def test_lines(self):
        process, _ = start_in_place(self)
        outcome = sealwax("status", "--all")
        self.assertEqual(outcome.code, 1)
        lines = without_notes(outcome.out)
        heading = ["pid", *REGIONS, "program"]
        self.assertEqual(lines[0].split(), heading)
        own = [line for line in lines if line.split()[:1] == [str(process.pid)]]
        self.assertEqual(
            [line.split() for line in own],
            [
                [str(process.pid), "sealed", "partly", "open", "open", "off", "open", "off"]
                + [program("layout")]
            ],
        )
        blank = lines.index("")
        count = blank - 1
        self.assertEqual(lines[blank + 1], f"all {count} processes")
        self.assertEqual(len(lines), blank + 2 + 1 + len(REGIONS) + 2)
        self.assertRegex(
            lines[-2],
            r"^\d+ sealed as their policy wants, \d+ not, \d+ observed, \d+ off, \d+ unknown$",
        )
        self.assertRegex(lines[-1], r"^of what can be executed: \d+\.\d\d % sealed, ")
        verdicts = [int(word) for word in lines[-2].split() if word.isdigit()]
        self.assertEqual(sum(verdicts), count)

    def test_every_process_is_there_once(self):
        process = self.start(program("layout"), ready="ready\n")
        _, document = status_json("--all")
        pids = [found["pid"] for found in document["processes"]]
        self.assertEqual(pids, sorted(set(pids)))
        self.assertIn(process.pid, pids)
        self.assertIn(os.getpid(), pids)
        for found in document["processes"]:
            self.assertEqual(list(found["regions"]), REGIONS)
            if found["readable"]:
                for region in found["regions"].values():
                    self.assertEqual(set(region), set(NO_COUNTS))


class Terminal(TestCase):
    def output(self, *arguments, **environment):
        """What sealwax writes to a terminal."""
        master, slave = pty.openpty()
        with subprocess.Popen(
            [SEALWAX, "status", *arguments],
            stdin=slave,
            stdout=slave,
            env=clean_environment(**environment),
        ) as process:
            os.close(slave)
            output = b""
            try:
                while block := os.read(master, 4096):
                    output += block
            except OSError:
                pass
            self.assertEqual(process.wait(), 1)
        os.close(master)
        return output

    def test_color(self):
        process = self.start(program("layout"), ready="ready\n")
        pid = str(process.pid)
        for expected, arguments, environment in (
            (True, [], {}),
            (True, [], {"NO_COLOR": ""}),
            (False, [], {"NO_COLOR": "1"}),
            (False, [], {"TERM": "dumb"}),
            (False, ["--color", "never"], {}),
            (True, ["--color=always"], {"NO_COLOR": "1"}),
        ):
            with self.subTest(arguments=arguments, environment=environment):
                environment = {"TERM": "xterm", **environment}
                output = self.output(*arguments, pid, **environment)
                self.assertEqual(b"\033[" in output, expected)

    def test_no_color_in_a_pipe(self):
        process = self.start(program("layout"), ready="ready\n")
        self.assertNotIn("\033", sealwax("status", str(process.pid)).out)


if __name__ == "__main__":
    unittest.main()
