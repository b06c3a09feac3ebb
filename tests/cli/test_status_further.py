# SPDX-License-Identifier: Apache-2.0
"""sealwax status: a share that is enough, order, units and users, and metrics."""

import json
import os
import pwd
import re
import shutil
import subprocess

from rights import AS_NOBODY, NOBODY, main_as_root
from status_processes import PAGE, Processes
from support import REGIONS, SEALWAX, execute, program, sealwax, status_of_all


class FewDescriptors(Processes):
    """What cannot be looked at for want of them is an error, and nothing that has ended."""

    def test_is_told(self):
        pid = self.layout("layout", "text")
        self.check(
            execute("prlimit", "--nofile=4:4", SEALWAX, "status", str(pid)),
            2,
            err="sealwax: cannot start a process that looks: Too many open files; raise the limit of "
            "open files (ulimit -n)\n",
        )


class Named(Processes):
    """By what processes run, and not by their numbers."""

    def pids(self, *what):
        outcome = sealwax("status", "--json", *what)
        return {process["pid"] for process in json.loads(outcome.out)["processes"]}

    def test_by_name_by_file_and_by_folder(self):
        name = f"named{os.getpid()}"
        first, second = (self.layout(name, "text") for _ in range(2))
        for what in (name, self.path(name), self.folder):
            self.assertEqual(self.pids(what), {first, second}, what)
        self.assertEqual(self.pids(name, str(first)), {first, second})

    def test_of_a_package(self):
        shell = subprocess.Popen(["/bin/sleep", "1000"])
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        self.assertIn(shell.pid, self.pids("--package", "coreutils"))

    def test_nothing_of_that_name(self):
        for what in (["no-such-program"], ["--package", "no-such-package"], ["/no/such/folder"]):
            outcome = sealwax("status", *what)
            self.assertEqual((outcome.code, outcome.out), (2, ""), what)

    def test_few_words(self):
        name = f"counted{os.getpid()}"
        self.layout(name, "text rodata")
        open_one = sealwax("status", "--count", name)
        self.assertEqual((open_one.code, open_one.out), (1, "0 of 1 sealed\n"))
        quiet = sealwax("status", "--quiet", name)
        self.assertEqual((quiet.code, quiet.out), (1, ""))
        self.assertEqual(sealwax("status", "--quiet", "--count", name).code, 64)


class Share(Processes):
    def test_table(self):
        pid = self.layout("layout", "text rodata")
        for threshold, code, verdict in (("66.6", 0, "not below"), ("66.7", 1, "below")):
            outcome = sealwax("status", "--threshold", threshold, str(pid))
            self.assertEqual((outcome.code, outcome.err), (code, ""))
            self.assertEqual(
                outcome.out.splitlines()[-2:],
                [
                    "",
                    f"66.66 % of what the policies want sealed is sealed, {verdict} the threshold "
                    f"of {threshold} %",
                ],
            )

    def test_json(self):
        pid = self.layout("layout", "text rodata")
        outcome = sealwax("status", "--json", "--threshold=50", str(pid))
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        document = json.loads(outcome.out)
        share = document["threshold"].pop("sealed_percent")
        self.assertAlmostEqual(share, 200 / 3)
        self.assertEqual(
            (document["ok"], document["threshold"]),
            (
                True,
                {
                    "percent": 50,
                    "wanted_bytes": 3 * PAGE,
                    "sealed_bytes": 2 * PAGE,
                    "met": True,
                },
            ),
        )
        self.assertEqual(document["processes"][0]["findings"], ["rodata"])

    def test_over_all_processes(self):
        """Half of the one, all of the other: two pages of three."""
        pids = [self.layout("half", "rodata"), self.layout("whole", "text")]
        self.assertEqual(sealwax("status", *map(str, pids), "--threshold", "66").code, 0)
        self.assertEqual(sealwax("status", *map(str, pids), "--threshold", "67").code, 1)

    def test_nothing_wanted_is_all_of_it(self):
        pid = self.layout("layout", "none")
        outcome = sealwax("status", "--threshold", "100", str(pid))
        self.assertEqual(outcome.code, 0)
        self.assertIn("\n100.00 % of what", outcome.out)

    def test_what_could_not_be_told(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        pids = [str(self.layout("whole", "text")), str(gone.pid)]
        self.assertEqual(sealwax("status", "--threshold", "50", *pids).code, 2)
        pids[0] = str(self.layout("half", "rodata"))
        self.assertEqual(sealwax("status", "--threshold", "60", *pids).code, 1)

    def test_of_all(self):
        self.layout("half", "rodata")
        lines = status_of_all("--threshold", "0")
        self.assertRegex(
            lines[-1],
            r"^\d+\.\d\d % of what the policies want sealed is sealed, not below the threshold of "
            r"0 %$",
        )

    def test_usage(self):
        for text in ("101", "-1", "x", "nan", "-nan", "NAN", "inf"):
            outcome = sealwax("status", "--threshold", text, "1")
            self.assertEqual((outcome.code, outcome.out), (64, ""))
            self.assertIn("--threshold", outcome.err)


class Order(Processes):
    def test_every_key(self):
        half = self.layout("b", "rodata")  # one page of two is open
        whole = self.layout("c", "text")
        much = self.layout("a", "text rodata relro gaps", **AS_NOBODY)  # six of eight
        pids = [str(pid) for pid in (whole, half, much)]
        for key, expected in (
            ("pid", sorted([half, whole, much])),
            ("name", [much, half, whole]),
            ("sealed", [much, half, whole]),
            ("open", [much, half, whole]),
            ("user", [whole, half, much]),  # alike: as they were asked for
            ("unit", [whole, half, much]),
        ):
            with self.subTest(key=key):
                outcome = sealwax("status", "--json", "--sort", key, *pids)
                found = [process["pid"] for process in json.loads(outcome.out)["processes"]]
                self.assertEqual((outcome.code, found), (1, expected))

    def test_table_and_lines(self):
        pids = [self.layout("b", "text"), self.layout("a", "text")]
        tables = sealwax("status", "--sort", "name", *map(str, pids)).out
        self.assertEqual(
            re.findall(r"^process (\d+)", tables, re.M), [str(pids[1]), str(pids[0])]
        )
        lines = sealwax("status", "--all", "--sort", "name").out.splitlines()
        rows = [line for line in lines if line.endswith(("/a", "/b")) and self.folder in line]
        self.assertEqual([int(row.split()[0]) for row in rows], [pids[1], pids[0]])

    def test_maps_are_there_too(self):
        pid = self.layout("a", "text")
        plain = sealwax("status", "--maps", str(pid)).out
        self.assertEqual(sealwax("status", "--maps", "--sort", "name", str(pid)).out, plain)


class Selection(Processes):
    """By control groups of the test's own, in the hierarchy that systemd would use."""

    def setUp(self):
        super().setUp()
        with open("/proc/self/cgroup", encoding="ascii") as file:
            named = ":name=systemd:" in file.read()
        self.groups = self.path("groups")
        os.mkdir(self.groups)
        kind = ["-t", "cgroup", "-o", "none,name=systemd"] if named else ["-t", "cgroup2"]
        subprocess.run(["mount", *kind, "none", self.groups], check=True)
        self.addCleanup(subprocess.run, ["umount", self.groups], check=True)

    def put_in_unit(self, pid, name):
        slice_folder = os.path.join(self.groups, f"sealwaxtest{os.getpid()}.slice")
        folder = os.path.join(slice_folder, name)
        if not os.path.isdir(slice_folder):
            os.mkdir(slice_folder)
            self.addCleanup(os.rmdir, slice_folder)
        os.mkdir(folder)
        self.addCleanup(os.rmdir, folder)
        self.join(folder, pid)
        self.addCleanup(self.join, self.groups, pid)
        return os.path.basename(slice_folder)

    def join(self, folder, pid):
        with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write(str(pid))

    def pids(self, *arguments):
        outcome = sealwax("status", "--json", *arguments)
        return outcome.code, [process["pid"] for process in json.loads(outcome.out)["processes"]]

    def test_unit(self):
        first, second = self.layout("a", "text"), self.layout("b", "rodata")
        self.put_in_unit(first, "sealwaxtest-a.service")
        group = self.put_in_unit(second, "sealwaxtest-b.scope")
        for unit in ("sealwaxtest-a.service", "sealwaxtest-a"):
            self.assertEqual(self.pids("--unit", unit), (0, [first]))
        self.assertEqual(self.pids("--unit", "sealwaxtest-b.scope"), (1, [second]))
        self.assertEqual(self.pids("--unit", group), (1, sorted([first, second])))
        self.assertEqual(
            self.pids("--all", "--unit", group, "--sort", "unit"), (1, [first, second])
        )
        document = json.loads(sealwax("status", "--json", str(first)).out)
        self.assertEqual(document["processes"][0]["unit"], "sealwaxtest-a.service")

    def test_unit_without_processes(self):
        message = ("no process runs in unit sealwaxtest-no.service; 'systemctl status "
                   "sealwaxtest-no.service' tells more")
        outcome = sealwax("status", "--unit", "sealwaxtest-no.service")
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {message}\n"))
        self.assertEqual(outcome.out.splitlines()[2], "all 0 processes")

    def test_user(self):
        own = self.layout("a", "text")
        nobodys = self.layout("b", "text", **AS_NOBODY)
        for name in (str(NOBODY), pwd.getpwuid(NOBODY).pw_name):
            outcome = sealwax("status", "--json", "--user", name)
            found = json.loads(outcome.out)["processes"]
            self.assertEqual({process["user"] for process in found}, {NOBODY})
            self.assertIn(nobodys, [process["pid"] for process in found])
        self.assertIn(own, self.pids("--user", "0")[1])

    def test_metrics(self):
        path = 'lay"\\\nout'
        first, second = (self.layout(path, "text rodata") for _ in range(2))
        self.put_in_unit(first, "sealwaxtest-m.service")
        self.join(os.path.join(self.groups, f"sealwaxtest{os.getpid()}.slice",
                               "sealwaxtest-m.service"), second)
        self.addCleanup(self.join, self.groups, second)
        outcome = sealwax("status", "--unit", "sealwaxtest-m", "--format", "prometheus")
        self.assertEqual((outcome.code, outcome.err), (1, ""))
        label = self.folder + '/lay\\"\\\\\\nout'
        labels = f'unit="sealwaxtest-m.service",program="{label}"'
        document = json.loads(sealwax("status", "--json", str(first)).out)
        regions = document["processes"][0]["regions"]

        def family(name, text, lines):
            return f"# HELP {name} {text}\n# TYPE {name} gauge\n" + "".join(
                f"{name}{{{labels}{more}}} {value}\n" for more, value in lines
            )

        def by_region(key):
            return [(f',region="{name}"', 2 * regions[name][key]) for name in REGIONS]

        self.assertEqual(
            outcome.out,
            family(
                "sealwax_processes",
                "Processes, by whether they are sealed as their policy wants.",
                [
                    (',verdict="sealed"', 0),
                    (',verdict="contents-open"', 0),
                    (',verdict="open"', 2),
                    (',verdict="observed"', 0),
                    (',verdict="off"', 0),
                    (',verdict="unknown"', 0),
                ],
            )
            + family(
                "sealwax_wanted_bytes", "Memory that the policies want sealed.", [("", 6 * PAGE)]
            )
            + family(
                "sealwax_wanted_sealed_bytes",
                "Of sealwax_wanted_bytes, what is sealed.",
                [("", 4 * PAGE)],
            )
            + family(
                "sealwax_region_bytes",
                "Memory, by the region that it belongs to.",
                by_region("bytes"),
            )
            + family(
                "sealwax_region_sealed_bytes",
                "Of sealwax_region_bytes, what is sealed.",
                by_region("sealed_bytes"),
            )
            + "# HELP sealwax_errors Messages about what could not be told.\n"
            "# TYPE sealwax_errors gauge\n"
            "sealwax_errors 0\n",
        )


class Metrics(Processes):
    """Any output is in Prometheus' text format 0.0.4."""

    SAMPLE = re.compile(
        r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*)\})? (\d+)'
    )

    def check_format(self, text):
        self.assertTrue(text.endswith("\n"))
        family, seen, series = None, set(), set()
        lines = text.split("\n")[:-1]
        for number, line in enumerate(lines):
            if line.startswith("# HELP "):
                family = line.split(" ")[2]
                self.assertNotIn(family, seen)
                seen.add(family)
                self.assertEqual(lines[number + 1], f"# TYPE {family} gauge")
            elif not line.startswith("# TYPE "):
                name, labels, _ = self.SAMPLE.fullmatch(line).groups()
                self.assertEqual(name, family)
                self.assertNotIn((name, labels), series)
                series.add((name, labels))
        if promtool := shutil.which("promtool"):
            result = subprocess.run(
                [promtool, "check", "metrics"], input=text.encode(), capture_output=True, check=False
            )
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_of_all(self):
        self.layout("layout", "text")
        outcome = sealwax("status", "--all", "--format=prometheus")
        self.check_format(outcome.out)
        self.assertIn('sealwax_wanted_sealed_bytes{unit="', outcome.out)

    def test_of_nothing(self):
        self.check_format(
            sealwax("status", "--unit", "sealwaxtest-no", "--format", "prometheus").out
        )

    def test_name_that_is_not_utf8(self):
        path = os.path.join(self.folder.encode(), b"lay\xffout")
        with open(program("layout"), "rb") as source, open(path, "wb") as copy:
            copy.write(source.read())
        os.chmod(path, 0o755)
        process = self.start(path, ready="ready\n")
        text = sealwax("status", "--format", "prometheus", str(process.pid)).out
        self.check_format(text)
        self.assertIn(f'program="{self.folder}/lay\ufffdout"', text)

    def test_process_that_vanished(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        outcome = sealwax("status", "--format", "prometheus", str(gone.pid))
        self.assertEqual(outcome.code, 2)
        self.check_format(outcome.out)
        self.assertEqual(outcome.out.splitlines()[-1], "sealwax_errors 1")


if __name__ == "__main__":
    main_as_root()
