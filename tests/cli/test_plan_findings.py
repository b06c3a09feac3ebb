# SPDX-License-Identifier: Apache-2.0
"""sealwax plan: what it finds about a program and its libraries."""

import os
import unittest

import elf_maker as elf
from elf_maker import Elf, R, W, X
from made_system import DATA, FOLDERS, LOADER, ORDINARY, System


class Findings(System):
    """Each kind by itself; a loader with RELRO has none."""

    def setUp(self):
        super().setUp()
        self.put(LOADER, Elf(soname="ld-test.so.1", segments=ORDINARY, relro=(DATA, elf.PAGE),
                             text=FOLDERS))

    def test_none(self):
        self.shared("/usr/lib/libx.so.1")
        self.program(needed=["libx.so.1"])
        self.assertEqual(self.kinds("/usr/bin/prog"), [])
        self.check(self.plan("--check", "/usr/bin/prog"), 0, self.plan("/usr/bin/prog").out)

    def of_program(self, *kinds, **options):
        path = self.program(**options)
        self.assertEqual(self.kinds(path), [(kind, path) for kind in kinds])

    def of_library(self, *kinds, **options):
        path = self.shared("/usr/lib/libx.so.1", **options)
        self.program(needed=["libx.so.1"])
        self.assertEqual(self.kinds("/usr/bin/prog"), [(kind, path) for kind in kinds])

    def jump_slots(self, at, count):
        return ((elf.DT_PLTGOT, at - 24), (elf.DT_PLTREL, elf.DT_RELA),
                (elf.DT_PLTRELSZ, 24 * count))

    def test_relro_that_ends_before_the_jump_slots(self):
        behind = DATA + elf.PAGE
        self.of_program("partial-relro", dynamic=self.jump_slots(behind, 1))
        self.of_program("partial-relro", dynamic=self.jump_slots(behind - 8, 2))

    def test_relro_with_the_jump_slots(self):
        self.of_program(dynamic=self.jump_slots(DATA + elf.PAGE - 16, 2))

    def test_jump_slots_that_lack_relocations(self):
        self.of_program(dynamic=((elf.DT_PLTGOT, DATA + elf.PAGE),))

    def test_no_relro(self):
        self.of_program("no-relro", relro=None)
        self.of_library("no-relro", relro=None)

    def test_text_relocations_by_either_mark(self):
        self.of_library("text-relocations", dynamic=((elf.DT_TEXTREL, 0),))
        self.of_library("text-relocations", dynamic=((elf.DT_FLAGS, elf.DF_TEXTREL),))

    def test_executable_stack(self):
        self.of_library("executable-stack", stack=R | W | X)
        self.of_library("executable-stack", stack=None)

    def test_writable_code(self):
        self.of_program("writable-code", segments=((R | X, 2), (R, 1), (R | W, 3), (R | W | X, 1)))

    def test_no_load_hook(self):
        self.of_library("no-load-hook", hook=False)
        self.of_library("no-load-hook", hook=False, symbols=[("__gmon_start__", 0)])
        self.of_library("no-load-hook", hook=False, dynamic=((elf.DT_INIT, elf.PAGE),))

    def test_loader_program_and_c_library_need_no_load_hook(self):
        self.put(LOADER, Elf(soname="ld-test.so.1", segments=ORDINARY, relro=(DATA, elf.PAGE),
                             hook=False, text=FOLDERS))
        self.shared("/usr/lib/libc.so.6", interpreter=LOADER, hook=False)
        self.of_program(needed=["libc.so.6"], hook=False)

    def test_loader_of_a_library_needs_no_load_hook(self):
        """A library names no loader; it is found where this machine's programs have it."""
        usual = {"x86_64": "/lib64/ld-linux-x86-64.so.2",
                 "aarch64": "/lib/ld-linux-aarch64.so.1"}[os.uname().machine]
        self.put(usual, Elf(soname="ld-usual.so", segments=ORDINARY, relro=(DATA, elf.PAGE),
                            hook=False, text=FOLDERS))
        self.link("/lib/ld-usual.so", usual)
        path = self.shared("/usr/lib/libx.so.1", needed=["ld-usual.so"])
        self.assertEqual(self.kinds(path), [])

    def test_program_that_is_profiled(self):
        self.of_program("no-load-hook", symbols=[("__gmon_start__", 1)])

    def test_asan(self):
        self.of_program("asan", symbols=[("__asan_init", 0)])
        self.shared("/usr/lib/libasan.so.8")
        self.of_program("asan", needed=["libasan.so.8"])

    def test_symbols_of_similar_names(self):
        self.of_program(symbols=[("__asan_init_", 0), ("__asan_ini", 0), ("__gmon_start__x", 1)])

    def test_mutable_segments(self):
        for type in (elf.PT_GNU_MUTABLE, elf.PT_OPENBSD_MUTABLE):
            at = DATA + 2 * elf.PAGE
            path = self.program(headers=[(type, R | W, at, at, 64, 64, 1)])
            found = self.plan_json(path)[1]["programs"][0]
            self.assertEqual([(entry["kind"], entry["what"]) for entry in found["findings"]],
                             [("mutable", "64 bytes are marked as mutable, whose pages stay open")])
            self.assertEqual(found["objects"][0]["regions"]["data"]["bytes"], elf.PAGE)

    def test_marks_that_are_on_no_data(self):
        path = self.program(headers=[(elf.PT_GNU_MUTABLE, R | W, DATA, DATA, 64, 64, 1)])
        found = self.plan_json(path)[1]["programs"][0]
        self.assertEqual([(entry["kind"], entry["what"]) for entry in found["findings"]],
                         [("mark-without-effect", "64 bytes that are marked as mutable are no data,"
                           " and are sealed all the same")])

    def test_static(self):
        for options in ({"type": elf.ET_EXEC, "is_dynamic": False},
                        {"dynamic": ((elf.DT_FLAGS_1, elf.DF_1_PIE),)}):
            path = self.put("/usr/bin/static", Elf(segments=ORDINARY, relro=(DATA, elf.PAGE),
                                                   **options))
            self.assertEqual(self.kinds(path), [("static", path)])
            found = self.plan_json(path)[1]["programs"][0]
            self.assertEqual(found["regions"]["text"], {"bytes": 8192, "sealed_bytes": 0})
            self.assertEqual([entry["path"] for entry in found["objects"]], [path])

    def test_32_bit(self):
        loader = self.put("/lib/ld-32.so", Elf(bits=32, machine=elf.EM_386, soname="ld-32.so",
                                               segments=ORDINARY, relro=(DATA, elf.PAGE)))
        path = self.put("/usr/bin/old", Elf(bits=32, machine=elf.EM_386, segments=ORDINARY,
                                            relro=(DATA, elf.PAGE), interpreter=loader))
        self.assertEqual(self.kinds(path), [("32-bit", path)])
        found = self.plan_json(path)[1]["programs"][0]
        self.assertEqual(found["regions"]["text"], {"bytes": 16384, "sealed_bytes": 0})

    def test_other_machine(self):
        loader = self.put("/lib/ld-other.so", Elf(machine=elf.OTHER_MACHINE, soname="ld-other.so",
                                                  segments=ORDINARY, relro=(DATA, elf.PAGE)))
        path = self.put("/usr/bin/other", Elf(machine=elf.OTHER_MACHINE, segments=ORDINARY,
                                              relro=(DATA, elf.PAGE), interpreter=loader))
        self.assertEqual(self.kinds(path), [("other-machine", path)])
        found = self.plan_json(path)[1]["programs"][0]
        self.assertEqual(found["regions"]["text"], {"bytes": 16384, "sealed_bytes": 0})

    def test_setuid_and_setgid(self):
        path = self.program()
        for mode, kinds in ((0o4755, ["setuid"]), (0o2755, ["setgid"]), (0o2745, []),
                            (0o6755, ["setuid", "setgid"])):
            os.chmod(self.root + path, mode)
            self.assertEqual(self.kinds(path), [(kind, path) for kind in kinds])

    def test_check(self):
        fine, bad = self.program(), self.program("/usr/bin/bad", relro=None)
        self.assertEqual(self.plan("--check", fine).code, 0)
        self.assertEqual(self.plan("--check", fine, bad).code, 1)
        self.assertEqual(self.plan(bad).code, 0)
        self.assertEqual(self.plan("--check", "/none", bad).code, 1)
        self.assertEqual(self.plan("--check", "/none", fine).code, 2)
        self.assertEqual(self.plan("--check", "--ignore", "asan,no-relro", bad).code, 0)
        others = ["--ignore", "asan", "--ignore", "static"]
        self.assertEqual(self.plan("--check", *others, bad).code, 1)


if __name__ == "__main__":
    unittest.main()
