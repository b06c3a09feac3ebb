# SPDX-License-Identifier: Apache-2.0
"""sealwax plan: files that are broken, hostile, or no programs at all."""

import os
import struct
import subprocess
import unittest

import elf_maker as elf
from elf_maker import Elf, R
from made_system import LOADER, System
from support import SEALWAX, clean_environment


class BadInput(System):
    def errors(self, *paths, code=2):
        outcome, document = self.plan_json(*paths)
        self.assertEqual(outcome.code, code)
        self.assertEqual(outcome.err, "".join(f"sealwax: {error['message']}\n"
                                              for error in document["errors"]))
        return document

    def rejected(self, content, what):
        """The file is refused with a reason, and the next one is answered."""
        self.put("/usr/bin/bad", content)
        self.shared("/usr/lib/good.so")
        document = self.errors("/usr/bin/bad", "/usr/lib/good.so")
        self.assertEqual(
            document["errors"],
            [{"file": "/usr/bin/bad",
              "message": f"/usr/bin/bad {what}; name a program or a library"}],
        )
        self.assertEqual([found["path"] for found in document["programs"]], ["/usr/lib/good.so"])

    def test_cache_of_the_loader_that_has_no_end(self):
        """A sparse file of 40 GB: no more than a part is read, and that is said."""
        path = self.program()
        self.put("/etc/ld.so.cache", b"glibc-ld.so.cache1.1")
        os.truncate(self.root + "/etc/ld.so.cache", 40 << 30)
        document = self.errors(path)
        self.assertEqual(
            [error["message"] for error in document["errors"]],
            [f"{self.root}/etc/ld.so.cache has more than 128 MiB, and is not read; 'ls -l' "
             "shows what it is"],
        )

    def test_table_that_has_no_end(self):
        image = bytearray(Elf(interpreter=LOADER).image())
        header, size, count = struct.unpack_from("<Q14xHH", image, 32)
        for at in range(header, header + size * count, size):
            if struct.unpack_from("<I", image, at)[0] == elf.PT_DYNAMIC:
                struct.pack_into("<Q", image, at + 32, 4 << 30)
        self.put("/usr/bin/bad", bytes(image))
        os.truncate(self.root + "/usr/bin/bad", 8 << 30)
        self.assertEqual(
            self.errors("/usr/bin/bad")["errors"][0]["message"],
            "/usr/bin/bad has a table of 4294967296 bytes, and no more than 134217728 are read; "
            "name a program or a library",
        )

    def test_files_that_are_none(self):
        self.rejected(b"", "is empty")
        self.rejected(b"MZ\x90", "is no ELF file")
        self.rejected(b"\x7fEL", "is no ELF file")
        self.rejected(b"#! /bin/sh -e\n", "is a script, which /bin/sh runs")
        self.rejected(b"#!", "is a script, which  runs")
        self.rejected(b"\x7fELF", "is cut short: it ends inside its ELF header")

    def test_paths_that_are_none(self):
        os.mkfifo(self.root + "/fifo")
        self.check(
            self.plan("/none", "/fifo"),
            2,
            err="sealwax: cannot open '/none': No such file or directory; check the path\n"
                "sealwax: /fifo is no regular file; name a program or a library\n",
        )

    def test_folder_without_a_program_is_not_called_fine(self):
        os.mkdir(self.root + "/folder")
        with open(self.root + "/folder/text", "w", encoding="utf-8"):
            pass
        outcome = self.plan("/folder")
        self.assertEqual(outcome.code, 2)
        self.assertEqual(
            outcome.err,
            "sealwax: /folder has no program in it; name a program, or a folder with some\n",
        )

    def test_headers_of_the_file(self):
        image = Elf().image()
        for at, byte, what in (
            (4, 3, "is of ELF class 3, neither 32-bit nor 64-bit"),
            (5, 2, "has another byte order than this machine"),
            (6, 9, "is of ELF version 9, which nothing loads"),
            (16, 1, "is an ELF file of type 1, neither a program nor a shared object"),
            (54, 57, "has program headers of 57 bytes in place of 56"),
            (56, 0, "has no program headers"),
        ):
            self.rejected(elf.patched(image, at, bytes([byte])), what)
        self.rejected(elf.patched(image, 32, struct.pack("<Q", 1 << 63)),
                      "is cut short: its program headers lie at 0x8000000000000000 and the file "
                      "ends at 0x2000")
        self.rejected(elf.patched(image, 56, b"\xff\xff"),
                      "has 65535 program headers, and nothing with more than 1170 is loaded")
        self.rejected(elf.patched(image, 56, struct.pack("<H", 1170)),
                      "is cut short: its program headers lie at 0x40 and the file ends at 0x2000")

    def test_most_program_headers_that_are_loaded(self):
        image = Elf(headers=[(0, 0, 0, 0, 0, 0)] * 8).image()
        table = image[64 : 64 + 56 * 5]
        big = elf.patched(image, 32, struct.pack("<Q", len(image)))
        big = elf.patched(big, 56, struct.pack("<H", 1170))
        self.put("/usr/lib/many.so", big + table + b"\0" * 56 * 1165)
        self.assertEqual(self.plan("/usr/lib/many.so").code, 0)

    def load_header(self, **changes):
        header = {"type": elf.PT_LOAD, "flags": R, "offset": 0, "address": 0x10000, "in_file": 0,
                  "in_memory": 0x1000, **changes}
        return tuple(header.values())

    def test_segments(self):
        for changes, what in (
            ({"in_file": 0x2000}, "has a segment 4 with more bytes in the file than in memory"),
            ({"offset": 1 << 63, "in_file": 1},
             "is cut short: segment 4 lies at 0x8000000000000000 with 0x1 bytes and the file ends "
             "at 0x2000"),
            ({"offset": (1 << 64) - 0x1000, "in_file": 0x1000},
             "is cut short: segment 4 lies at 0xfffffffffffff000 with 0x1000 bytes and the file "
             "ends at 0x2000"),
            ({"offset": 1}, "has a segment 4 whose address and offset differ within a page"),
            ({"address": 0},
             "cannot be loaded: loadable segments overlap or are out of order"),
            ({"address": (1 << 64) - 0x1000, "in_memory": 0x2000},
             "has a segment 4 that reaches past the end of the address space"),
            ({"in_memory": (1 << 64) - 1},
             "has a segment 4 that reaches past the end of the address space"),
            ({"in_memory": 1 << 63},
             "has a segment 4 that reaches past the end of the address space"),
        ):
            self.rejected(Elf(headers=[self.load_header(**changes)]), what)

    def test_segments_that_overlap(self):
        self.rejected(Elf(headers=[self.load_header(), self.load_header(address=0xf000)]),
                      "cannot be loaded: loadable segments overlap or are out of order")

    def test_no_segment_that_is_loaded(self):
        image = Elf(segments=()).image()
        at = image.index(struct.pack("<II", elf.PT_LOAD, R))
        self.rejected(elf.patched(image, at, struct.pack("<I", 0)),
                      "cannot be loaded: no loadable segment")

    def test_more_segments_than_a_layout_holds(self):
        path = self.put("/usr/lib/many.so", Elf(soname="many.so", segments=((R, 1, 1),) * 20))
        document = self.errors(path)
        self.assertEqual(
            document["errors"],
            [{"file": path, "message": f"{path} has more segments than can be sealed; only the "
                                       "first of them are counted"}],
        )
        self.assertFalse(document["programs"][0]["certain"])

    def test_loaders_name(self):
        image = Elf(interpreter="/lib/loader.so").image()
        at = image.index(struct.pack("<II", elf.PT_INTERP, R))
        def with_extent(offset, size):
            return elf.patched(image, at + 8, struct.pack("<Q", offset) + image[at + 16 : at + 32]
                               + struct.pack("<Q", size))
        self.rejected(with_extent(0x40, 1), "names its loader in 1 bytes, which the kernel does "
                                            "not take")
        self.rejected(with_extent(0x40, 4097), "names its loader in 4097 bytes, which the kernel "
                                               "does not take")
        self.rejected(with_extent(1 << 40, 10), "names its loader outside of the file")
        where = image.index(b"/lib/loader.so")
        self.rejected(with_extent(where, 14), "names its loader without an end")

    def test_names_outside_of_the_string_table(self):
        for tag, what in (
            (elf.DT_NEEDED, "library that it needs"),
            (elf.DT_SONAME, "name of its own"),
            (elf.DT_RPATH, "RPATH"),
            (elf.DT_RUNPATH, "RUNPATH"),
        ):
            self.rejected(Elf(dynamic=((tag, 0x7fffffff),)),
                          f"has a {what} at 0x7fffffff, outside of its string table")

    def test_name_without_an_end(self):
        image = Elf(hook=False, needed=["libx.so"]).image()
        size = image.index(struct.pack("<Q", elf.DT_STRSZ)) + 8
        self.rejected(elf.patched(image, size, struct.pack("<Q", 4)),
                      "has a library that it needs at 0x1, outside of its string table")

    def test_dynamic_section_outside_of_the_file(self):
        image = Elf().image()
        at = image.index(struct.pack("<II", elf.PT_DYNAMIC, R))
        self.rejected(elf.patched(image, at + 8, struct.pack("<Q", 1 << 62)),
                      "has its dynamic section outside of the file")

    def test_table_of_strings_that_is_nowhere(self):
        image = Elf(needed=["libx.so"]).image()
        at = image.index(struct.pack("<Q", elf.DT_STRTAB)) + 8
        self.rejected(elf.patched(image, at, struct.pack("<Q", 1 << 60)),
                      "has a library that it needs at 0x1, outside of its string table")

    def test_cut_short_at_every_byte(self):
        """All but the whole is refused or at least read without a fault, each by its name."""
        whole = Elf(interpreter=LOADER, needed=["libx.so"], hook=True).image()
        paths = [self.put(f"/cut/{size}", whole[:size]) for size in range(len(whole))]
        self.shared("/usr/lib/good.so")
        outcome, document = self.plan_json(*paths, "/usr/lib/good.so")
        self.assertEqual(outcome.code, 2)
        self.assertEqual([error["file"] for error in document["errors"]], paths)
        self.assertEqual([found["path"] for found in document["programs"]], ["/usr/lib/good.so"])
        for error in document["errors"][4:]:
            self.assertRegex(error["message"], "^/cut/[0-9]+ is cut short: ")

    def test_every_byte_of_the_headers_changed(self):
        """Whatever the byte: an answer, and the code that goes with it."""
        whole = Elf(interpreter=LOADER, needed=["libx.so"]).image()
        end = whole.rindex(LOADER.encode())
        end = max(end, 0x400)
        paths = [self.put(f"/changed/{at}", elf.patched(whole, at, bytes([whole[at] ^ 0xFF])))
                 for at in range(end)]
        # Some of the names that messages then repeat are no UTF-8.
        outcome, document = self.plan_json(*paths, errors="surrogateescape")
        self.assertEqual(outcome.code, 2)
        told = {error["file"] for error in document["errors"]}
        told |= {found["file"] for found in document["programs"]}
        self.assertEqual(told, set(paths))

    def test_answer_that_cannot_be_written(self):
        path = self.program()
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(
                [SEALWAX, "plan", "--root", self.root, "--library", self.library, path],
                stdout=full, stderr=subprocess.PIPE, text=True, env=clean_environment(),
                check=False)
        self.assertEqual(
            (result.returncode, result.stderr),
            (2, "sealwax: cannot write the answer to stdout: No space left on device; it is cut "
                "short\n"),
        )


if __name__ == "__main__":
    unittest.main()
