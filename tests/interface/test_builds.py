# SPDX-License-Identifier: Apache-2.0
"""The header in builds of other people: alone, beside others, with their warnings, torn by -flto."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCES = os.environ["SEALWAX_SOURCES"]
INCLUDE = os.path.join(SOURCES, "include")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow",
            "-Wundef", "-Wcast-qual", "-Wredundant-decls", "-Werror"]
LANGUAGES = {
    "gcc": [["-std=c11"], ["-std=c17", "-O2"]],
    "clang": [["-std=c11"], ["-std=c17", "-O2"]],
    "g++": [["-std=c++11", "-Wold-style-cast"], ["-std=c++20", "-O2", "-Wold-style-cast"]],
    "clang++": [["-std=c++11", "-Wold-style-cast"], ["-std=c++20", "-O2", "-Wold-style-cast"]],
}
EACH_FUNCTION = """
int f(void *p);
int f(void *p) {
  void *const m = sealwax_alloc(1);
  const struct sealwax_state s = sealwax_query(p);
  return sealwax_seal_after_init() + sealwax_protect(m, 1) + s.error +
         (sealwax_region_name(s.region) == sealwax_sealer_name(s.by));
}
"""
TORN = """
#include "sealwax/sealwax.h"
#include <stdio.h>
SEALWAX_RO_AFTER_INIT int here = 1;
extern int there;
int main(void) {
  const int error = sealwax_seal_after_init();
  here = there = 2;
  printf("%s\\n", error == EINVAL ? "EINVAL, still writable" : "sealed");
}
"""
NOTHING = """
#include "sealwax/sealwax.h"
int main(void) { return sealwax_seal_after_init(); }
"""
MARKED = """
#include "sealwax/sealwax.h"
SEALWAX_MUTABLE int variable = 1;
"""


def present(tool):
    return shutil.which(tool) is not None


class Builds(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sealwax-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def compile(self, *command):
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True,
                                timeout=120, check=False, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual((result.returncode, result.stderr), (0, ""), " ".join(command))

    def run_program(self, name):
        result = subprocess.run([os.path.join(self.folder, name)], capture_output=True, text=True,
                                timeout=60, check=False)
        return result.returncode, result.stdout

    def compile_everywhere(self, text, *more):
        for compiler, variants in LANGUAGES.items():
            name = "x.cpp" if "+" in compiler else "x.c"
            self.write(name, text)
            for flags in variants:
                if present(compiler):
                    with self.subTest(compiler=compiler, flags=flags):
                        self.compile(compiler, *flags, *WARNINGS, *more, "-I", INCLUDE, "-c", name)

    def test_it_compiles_alone_and_twice(self):
        self.compile_everywhere('#include "sealwax/sealwax.h"\n' * 2 + EACH_FUNCTION)

    def test_its_part_is_not_for_others_to_include(self):
        self.write("x.c", '#include "sealwax/query.h"\n')
        result = subprocess.run(["gcc", "-I", INCLUDE, "-c", "x.c"], cwd=self.folder, check=False,
                                capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("Include <sealwax/sealwax.h>: this is a part of it.", result.stderr)

    def test_it_compiles_on_both_sides_of_the_headers_it_does_without(self):
        system = "".join(f"#include <{name}.h>\n" for name in (
            "link", "dlfcn", "sys/mman", "unistd", "linux/mman"))
        ours = '#include "sealwax/sealwax.h"\n'
        for text in (system + ours, ours + system):
            self.compile_everywhere(text + EACH_FUNCTION, "-D_GNU_SOURCE")

    def test_unused_it_leaves_no_code_and_asks_for_no_symbol(self):
        self.write("x.c", '#include "sealwax/sealwax.h"\nint nothing;\n')
        self.compile("gcc", "-I", INCLUDE, "-O0", "-c", "x.c")
        symbols = subprocess.run(["nm", os.path.join(self.folder, "x.o")], capture_output=True,
                                 text=True, check=True).stdout
        named = {line.split()[-1] for line in symbols.splitlines()}
        self.assertEqual(named, {"nothing", "sealwax_own_ranges", "__start_sealwax_ro",
                                 "__stop_sealwax_ro", "__start_sealwax_mutable",
                                 "__stop_sealwax_mutable"})

    def test_without_variables_there_is_nothing_to_seal(self):
        self.write("x.c", NOTHING)
        for linker in ("bfd", "gold", "lld"):
            for mode in (["-fPIE", "-pie"], ["-fno-pie", "-no-pie"], ["-static"]):
                if present("ld." + linker):
                    with self.subTest(linker=linker, mode=mode):
                        self.compile("gcc", "-I", INCLUDE, "-fuse-ld=" + linker, *mode, "x.c",
                                     "-o", "nothing")
                        self.assertEqual(self.run_program("nothing"), (0, ""))

    def test_torn_by_link_time_optimisation_it_changes_nothing(self):
        self.write("a.c", TORN)
        self.write("b.c", '#include "sealwax/sealwax.h"\nSEALWAX_RO_AFTER_INIT int there = 1;\n')
        gcc = ["gcc", "-I", INCLUDE, "-O2", "-flto=2", "a.c", "b.c", "-o"]
        self.compile(*gcc, "torn", "-flto-partition=max")
        self.assertEqual(self.run_program("torn"), (0, "EINVAL, still writable\n"))

    def test_without_link_time_optimisation_of_its_files_it_is_whole(self):
        self.write("a.c", TORN.replace("here = there = 2;", ""))
        self.write("b.c", '#include "sealwax/sealwax.h"\nSEALWAX_RO_AFTER_INIT int there = 1;\n')
        for name in ("a", "b"):
            self.compile("gcc", "-I", INCLUDE, "-O2", "-flto=1", "-fno-lto", "-c", name + ".c")
        self.compile("gcc", "-flto=2", "-flto-partition=max", "a.o", "b.o", "-o", "whole")
        self.assertEqual(self.run_program("whole"), (0, "sealed\n"))

    def test_the_note_survives_the_collection_of_unused_sections(self):
        self.write("x.c", MARKED)
        for linker in ("bfd", "gold", "lld"):
            if not present("ld." + linker):
                continue
            with self.subTest(linker=linker):
                self.compile("gcc", "-I", INCLUDE, "-fuse-ld=" + linker, "-shared", "-fPIC", "-O2",
                             "-fdata-sections", "-Wl,--gc-sections", "-Wl,-z,text", "-s", "x.c",
                             "-o", "x.so")
                notes = subprocess.run(["readelf", "--wide", "--notes",
                                        os.path.join(self.folder, "x.so")], capture_output=True,
                                       text=True, check=True).stdout
                self.assertEqual(len(re.findall("Sealwax +0x00000020", notes)), 1)


if __name__ == "__main__":
    unittest.main()
