# SPDX-License-Identifier: Apache-2.0
"""sealwax selftest: what it finds here, and what it makes of it."""

import json
import os

from rights import main_as_root
from support import LIBRARY, SEALWAX, TestCase, execute, program, sealwax

HINT = "; 'sealwax selftest --help' tells how to use it\n"
SETUPS = ["without the library", "with the library", "with relro = in-place", "with text = private"]
REGIONS = {"text", "rodata", "relro", "gaps", "vdso"}
FILTER = os.environ["SEALWAX_TEST_FILTER"]
PATIENCE = 250  # thousands of children, beside load


def selftest(*arguments, **options):
    return sealwax("selftest", "--library", LIBRARY, *arguments, timeout=PATIENCE, **options)


def document(outcome):
    return json.loads(outcome.out)


def is_open(setup, **wanted):
    """Which cells of a setup are open, of those that have these values."""
    return [
        (cell["object"], cell["region"], cell["primitive"], cell["way"])
        for cell in setup["cells"]
        if cell["effect"] == "open" and all(cell[key] == value for key, value in wanted.items())
    ]


class Document(TestCase):
    """One run, looked at from all sides."""

    @classmethod
    def setUpClass(cls):
        cls.outcome = selftest("--json")
        cls.found = document(cls.outcome)
        cls.setups = {setup["setup"]: setup for setup in cls.found["setups"]}

    def test_frame(self):
        self.assertEqual((self.outcome.code, self.outcome.err), (0, ""))
        self.assertEqual(
            list(self.found),
            ["schema", "kernel", "library", "policy", "setups", "open", "promised", "broken",
             "errors", "ok"],
        )
        self.assertEqual(self.found["schema"], "sealwax-selftest 1")
        self.assertEqual((self.found["kernel"], self.found["library"]), (os.uname().release, LIBRARY))
        self.assertEqual((self.found["policy"], self.found["errors"]), (None, []))
        self.assertEqual((self.found["broken"], self.found["ok"]), ([], True))
        self.assertEqual(list(self.setups), SETUPS)
        self.assertEqual([setup["library"] for setup in self.found["setups"]], [False] + 3 * [True])

    def test_every_region_of_every_object(self):
        objects = {}
        for cell in self.setups[SETUPS[0]]["cells"]:
            objects.setdefault(cell["object"], set()).add(cell["region"])
        library = {"text", "rodata", "relro", "gaps"}
        # What the kernel maps of a program has holes between its parts.
        self.assertLessEqual({"text", "rodata", "relro"}, objects.pop("program"))
        self.assertEqual(
            objects,
            {"library": library, "late library": library, "library in shared memory": library,
             "kernel": {"vdso"}, "own memory": {"memory"}},
        )

    def test_every_exploit_succeeds_without_the_library(self):
        exploits = self.setups[SETUPS[0]]["exploits"]
        self.assertEqual(len(exploits), 16)
        self.assertEqual({exploit["effect"] for exploit in exploits}, {"open"})
        self.assertEqual({exploit["way"] for exploit in exploits}, {"libc", "raw"})

    def test_calls_succeed_without_the_library(self):
        bare = self.setups[SETUPS[0]]
        for call in ("munmap", "mmap", "mprotect", "mremap away", "mremap over", "DONTFORK"):
            self.assertEqual({cell[1] for cell in is_open(bare, primitive=call)} & REGIONS, REGIONS)

    def test_what_is_open_with_the_library(self):
        found = is_open(self.setups[SETUPS[1]])
        open_here = {(region, call) for thing, region, call, _ in found if thing != "own memory"}
        # Not every kernel has each of them.
        self.assertLessEqual(
            open_here,
            {(region, call) for region in ("text", "rodata")
             for call in ("GUARD_INSTALL", "DONTFORK", "process_madvise", "io_uring's madvise")}
            | {(region, call) for region in ("gaps", "vdso")
               for call in ("DONTFORK", "process_madvise")},
        )
        self.assertLessEqual({(region, "DONTFORK") for region in REGIONS - {"relro"}}, open_here)
        ways = {way for _, region, call, way in found
                if region in ("text", "rodata") and call in ("GUARD_INSTALL", "DONTFORK")}
        self.assertEqual(ways, {"raw"})

    def test_relro_in_place_is_open(self):
        found = is_open(self.setups[SETUPS[2]], region="relro")
        self.assertIn(("library", "relro", "DONTNEED", "libc"), found)
        self.assertEqual({call for _, _, call, _ in found} & {"mprotect", "munmap", "mmap"}, set())

    def test_nothing_is_open_with_text_in_private_memory(self):
        self.assertEqual(
            [cell for cell in is_open(self.setups[SETUPS[3]]) if cell[0] != "own memory"], []
        )
        exploits = self.setups[SETUPS[3]]["exploits"]
        self.assertEqual({exploit["exploit"] for exploit in exploits if exploit["effect"] == "open"},
                         {"fresh memory made executable"})

    def test_what_is_open_is_explained(self):
        explained = {
            (setup, call, region)
            for entry in self.found["open"] for setup in entry["setups"]
            for call in entry["primitives"] for region in entry["regions"]
        }
        for name in SETUPS[1:]:
            for thing, region, call, _ in is_open(self.setups[name]):
                if thing != "own memory":
                    self.assertIn((name, call, region), explained)
        for entry in self.found["open"]:
            self.assertTrue(entry["why"] and entry["closed_by"], entry)


class Answer(TestCase):
    def test_text(self):
        outcome = selftest()
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        lines = outcome.out.splitlines()
        self.assertEqual(lines[0], f"kernel: {os.uname().release}")
        self.assertEqual(lines[1:4], [f"library: {LIBRARY}", "policy: built-in default", ""])
        self.assertEqual(lines[4].split()[0], "exploit")
        for name in SETUPS:
            self.assertIn(name, lines[4])
            self.assertTrue(any(line.startswith(name) for line in lines), name)
        self.assertIn("open with the library:", lines)
        self.assertRegex(lines[-1], r"^as promised: of \d+ attempts that README\.md and SECURITY\.md "
                                    r"call closed none is open$")


class Findings(TestCase):
    def test_library_that_seals_nothing(self):
        outcome = sealwax("selftest", "--json", "--library", program("libidle.so"), timeout=PATIENCE)
        found = document(outcome)
        self.assertEqual((outcome.code, outcome.err, found["ok"]), (1, "", False))
        self.assertIn("with the library: munmap on text of the program (raw) is open",
                      found["broken"])
        self.assertIn("with the library: GOT overwritten after mprotect (libc) is open",
                      found["broken"])

    def test_policy_that_leaves_something(self):
        policy = self.write("policy", "sealwax-policy 1\n[defaults]\nseal = -vdso\nexec-gain = deny\n"
                                      "on-refused = kill\nreport-to = stderr\n")
        outcome = selftest("--json", "--policy", policy)
        found = document(outcome)
        self.assertEqual((outcome.code, outcome.err, found["policy"]), (0, "", policy))
        with_it = found["setups"][1]
        self.assertIn(("kernel", "vdso", "munmap", "raw"), is_open(with_it))
        self.assertIn("seal = +vdso", [entry["closed_by"] for entry in found["open"]])
        self.assertEqual({exploit["effect"] for exploit in with_it["exploits"]
                          if exploit["exploit"].startswith("fresh")}, {"refused"})


class Failure(TestCase):
    def check_failure(self, message, *command):
        outcome = execute(*command, SEALWAX, "selftest", "--json", "--library", LIBRARY,
                          timeout=PATIENCE)
        self.assertEqual((outcome.code, outcome.err), (2, f"sealwax: {message}\n"))
        self.assertEqual(document(outcome), {"schema": "sealwax-selftest 1", "setups": [],
                                             "errors": [message], "ok": False})

    def test_kernel_without_mseal(self):
        self.check_failure("cannot tell: this kernel has no mseal(2) (Linux 6.10 and later have it)",
                           FILTER, "mseal=ENOSYS", "--")

    def test_filter_that_refuses_mseal(self):
        self.check_failure("cannot tell: mseal(2) is refused here, most likely by a seccomp filter "
                           "(the filter has to allow it)", FILTER, "mseal=EPERM", "--")

    def test_filter_that_refuses_what_is_tried(self):
        self.check_failure("cannot tell: what is tried is refused without the library as well; try "
                           "where nothing else refuses it", FILTER, "mremap=EPERM", "--")

    def test_system_policy_that_holds_alone(self):
        policy = self.write("policy.conf", "sealwax-policy 1\n[defaults]\nenvironment = deny\n")
        self.check_failure(
            "cannot tell: /etc/sealwax/policy.conf says 'environment = deny', so that no other policy "
            "can be tried beside it; try it on a host without that, by --policy",
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o mode=0755 none /etc && mkdir /etc/sealwax && "
            'cp "$0" /etc/sealwax/policy.conf && exec "$@"', policy)

    def test_library_that_is_missing(self):
        self.check(sealwax("selftest", "--library", "/no/such.so"), 2,
                   err="sealwax: cannot preload /no/such.so: No such file or directory; name the "
                       "library with --library FILE\n")

    def test_usage(self):
        self.check(selftest("x"), 64, err="sealwax: 'x' is one argument too many" + HINT)


if __name__ == "__main__":
    main_as_root()
