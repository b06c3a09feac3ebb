# SPDX-License-Identifier: Apache-2.0
"""sealwax bench: what it runs, in which order, and what it says of it. Never how long it took."""

import json
import os
import re
import statistics

from rights import main_as_root
from support import (LIBRARY, SEALWAX, TestCase, clean_environment, execute, program, sealwax,
                     with_terminal)

HINT = "; 'sealwax bench --help' tells how to use it\n"
MEND = "; mend that first, and see what it prints with --output /dev/stderr"


def bench(*arguments, **options):
    return sealwax("bench", "--library", LIBRARY, *arguments, **options)


class Answer(TestCase):
    def test_table(self):
        outcome = bench("-n", "6", "--", "true", "a", "b")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        lines = outcome.out.splitlines()
        self.assertEqual(
            lines[:3], ["true a b", "policy: built-in default", "6 pairs of runs, medians"]
        )
        self.assertEqual(lines[3].split(), ["without", "with", "ratio", "95", "%", "interval"])
        self.assertEqual([line.split()[0] for line in lines[4:]], ["wall", "cpu", "memory"])
        for line in lines[4:]:
            self.assertRegex(
                line,
                r"^\w+ +[\d.]+ (s|ms|µs|MiB) +[\d.]+ (s|ms|µs|MiB) +\d+\.\d{3}  "
                r"\d+\.\d{3} to \d+\.\d{3}$",
            )

    def test_too_few_for_an_interval(self):
        lines = bench("-n", "5", "true").out.splitlines()
        self.assertTrue(all(line.endswith("  -") for line in lines[4:]))
        self.assertEqual(bench("-n", "1", "true").out.splitlines()[2], "1 pair of runs, medians")

    def test_json(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nseal = text\n")
        outcome = bench("--json", "-n10", "--policy", policy, "true")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        document = json.loads(outcome.out)
        measures = {
            name: document.pop(name) for name in ("wall_seconds", "cpu_seconds", "memory_bytes")
        }
        self.assertEqual(
            document,
            {
                "schema": "sealwax-bench 1",
                "command": ["true"],
                "policy": policy,
                "pairs": 10,
                "confidence": 0.95,
                "method": "order statistics of the pairs' ratios",
                "errors": [],
                "ok": True,
            },
        )
        for measure in measures.values():
            without, with_it = measure["runs_without"], measure["runs_with"]
            self.assertEqual((len(without), len(with_it)), (10, 10))
            ratios = sorted(b / a for a, b in zip(without, with_it))
            self.assertAlmostEqual(measure["without"], statistics.median(without))
            self.assertAlmostEqual(measure["with"], statistics.median(with_it))
            self.assertAlmostEqual(measure["ratio"], statistics.median(ratios))
            # Of ten tosses, less than two or more than eight heads fall in 2.1 % of all cases.
            self.assertAlmostEqual(measure["interval"][0], ratios[1])
            self.assertAlmostEqual(measure["interval"][1], ratios[8])

    def test_memory_is_the_programs(self):
        small = json.loads(bench("--json", "-n1", "true").out)["memory_bytes"]["without"]
        large = json.loads(
            bench("--json", "-n1", "python3", "-c", "bytearray(50_000_000)").out
        )["memory_bytes"]["without"]
        self.assertLess(small, 3 << 20)
        self.assertGreater(large, 50_000_000)

    def test_processor_time_is_that_of_children_too(self):
        work = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done"
        measured = [
            json.loads(bench("--json", "-n1", "sh", "-c", script).out)["cpu_seconds"]["without"]
            for script in (f"sh -c '{work}'; true", work, ":")
        ]
        self.assertGreater(measured[0], 3 * measured[2])
        self.assertGreater(measured[1], 3 * measured[2])


class Runs(TestCase):
    def runs(self, pairs, *options, **environment):
        """What each run found in LD_PRELOAD and SEALWAX_POLICY."""
        output = self.path("output")
        outcome = bench(
            f"-n{pairs}", "--output", output, *options, "--",
            "sh", "-c", 'echo "${LD_PRELOAD-none} ${SEALWAX_POLICY-none}"; cat; echo end >&2',
            env=clean_environment(**environment),
        )
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        with open(output, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[1::2], ["end"] * (2 * pairs + 2))
        return lines[0::2]

    def test_order(self):
        without, with_it = "none none", f"{LIBRARY} none"
        self.assertEqual(
            self.runs(3),
            [without, with_it]  # does not count
            + [without, with_it, with_it, without, without, with_it],
        )

    def test_environment(self):
        policy = self.write("policy", "sealwax-policy 1\n")
        other = program("libidle.so")
        self.assertEqual(
            self.runs(1, "--policy", policy, LD_PRELOAD=f"{other}:{LIBRARY}")[:2],
            [f"{other} none", f"{LIBRARY}:{other} {policy}"],
        )

    def test_library_alone_in_the_environment(self):
        self.assertEqual(self.runs(1, LD_PRELOAD=LIBRARY)[0], "none none")

    def test_policy_of_a_relative_path(self):
        self.write("policy", "sealwax-policy 1\n")
        outcome = bench(
            "-n1", "--policy", "policy", "--output", "output", "sh", "-c",
            'echo "$SEALWAX_POLICY"', cwd=self.folder,
        )
        self.assertEqual(outcome.code, 0)
        with open(self.path("output"), encoding="utf-8") as file:
            self.assertIn(self.path("policy"), file.read().splitlines())


class Failure(TestCase):
    def check_failure(self, message, *arguments):
        self.check(bench(*arguments), 2, err=f"sealwax: {message}\n")
        outcome = bench("--json", *arguments)
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {message}\n"))
        self.assertEqual(
            json.loads(outcome.out),
            {"schema": "sealwax-bench 1", "command": [], "errors": [message], "ok": False},
        )

    def test_program_that_fails(self):
        path = program("greet")
        self.check_failure(f"{path} ended with status 3 in a run without the library{MEND}", path)

    def test_program_that_fails_when_sealed(self):
        shell = os.path.realpath("/bin/sh")
        self.check_failure(
            f"{shell} was killed by signal 9 in a run with the library{MEND}",
            shell, "-c", 'test -z "$LD_PRELOAD" || kill -9 $$',
        )

    def test_program_that_is_missing(self):
        self.check_failure(
            "cannot find 'no-such-program' in PATH; give the program's path", "no-such-program"
        )

    def test_program_that_cannot_be_sealed(self):
        path = program("exit_seven")
        self.check_failure(
            f"cannot compare: {path} is static, so that no loader reads LD_PRELOAD (link it "
            "dynamically)",
            path,
        )

    def test_bad_policy(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nseal = x\n")
        self.check_failure(
            f"{policy}:3:8: unknown region: there are text, rodata, relro, gaps, data, vdso and "
            "stack ('x')",
            "--policy", policy, "true",
        )

    def test_output_that_cannot_be_opened(self):
        self.check_failure(
            f"cannot open {self.folder}: Is a directory; name another file",
            "--output", self.folder, "true",
        )

    def test_filter_that_refuses_mseal(self):
        self.check(
            execute(
                os.environ["SEALWAX_TEST_FILTER"], "mseal=EPERM", "--",
                SEALWAX, "bench", "--library", LIBRARY, "true",
            ),
            2,
            err="sealwax: cannot compare: mseal(2) is refused here, most likely by a seccomp filter "
            "(the filter has to allow it)\n",
        )

    def test_library_that_every_program_preloads(self):
        """With a real /etc/ld.so.preload, in a mount namespace."""
        self.check(
            execute(
                "unshare", "--mount", "sh", "-c",
                "mount -t tmpfs -o mode=0755 none /etc && "
                'echo "$0" >/etc/ld.so.preload && exec "$@"',
                self.copy(LIBRARY, "libsealwax.so"), SEALWAX, "bench", "--library", LIBRARY, "true",
            ),
            2,
            err="sealwax: cannot compare: /etc/ld.so.preload preloads the library into every "
            "program; try where it does not\n",
        )

    def test_usage(self):
        self.check(bench(), 64, err="sealwax: no program given" + HINT)
        self.check(bench("--fast", "true"), 64, err="sealwax: there is no option '--fast'" + HINT)
        for count in ("0", "-1", "x", "1000001"):
            outcome = bench("-n", count, "true")
            self.assertEqual((outcome.code, outcome.out), (64, ""))
            self.assertIn("--runs", outcome.err)

    def test_usage_as_json(self):
        outcome = bench("--json")
        self.assertEqual((outcome.code, json.loads(outcome.out)["errors"]), (64, ["no program given"]))
        # Behind -- it is the program's.
        self.assertEqual(bench("--fast", "--", "true", "--json").out, "")


class Terminal(TestCase):
    def test_bar_on_a_terminal_only(self):
        code, answer, bar = with_terminal(SEALWAX, "bench", "--library", LIBRARY, "-n", "4", "true")
        self.assertEqual(code, 0)
        self.assertEqual(answer.splitlines()[2], "4 pairs of runs, medians")
        self.assertTrue(re.match(rb"\r\[[#.]{40}\] \d/4\033\[K", bar), bar)
        self.assertTrue(bar.endswith(b"\r[" + b"#" * 40 + b"] 4/4\033[K\r\033[K"), bar)


if __name__ == "__main__":
    main_as_root()
