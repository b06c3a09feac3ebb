# SPDX-License-Identifier: Apache-2.0
"""sealwax(3) names what the header has: every function, macro and constant, and every error of each."""

import os
import re
import subprocess
import tempfile
import unittest

SOURCES = os.environ["SEALWAX_SOURCES"]


def read(*path):
    with open(os.path.join(SOURCES, *path), encoding="utf-8") as file:
        return file.read()


HEADER = read("include", "sealwax", "sealwax.h")
QUERY_PART = read("include", "sealwax", "query.h")
MANUAL = read("src", "man", "sealwax.3.scd").replace("\\_", "_")


def documented_functions():
    """Name and documentation of each function that is for others."""
    found = re.findall(r"/\*\*(.*?)\*/\nstatic inline [^;{]*?\b(sealwax_\w+)\([^)]*\);", HEADER,
                       re.DOTALL)
    return {name: text.rsplit("/**", 1)[-1] for text, name in found}


def errors_in(text):
    return set(re.findall(r"\bE[A-Z]{3,}\b", text))


def section(function):
    """What the manual says of a function, from its heading to the next."""
    match = re.search(rf"^## [^\n]*\b{function}\(\)[^\n]*\n(.*?)(?=^#)", MANUAL,
                      re.DOTALL | re.MULTILINE)
    return match[1] if match else ""


class Manual(unittest.TestCase):
    maxDiff = None

    def test_every_function_of_the_header_is_documented_there(self):
        declared = set(re.findall(r"static inline [^;{]*?\b(sealwax_\w+)\([^)]*\);", HEADER))
        self.assertEqual(set(documented_functions()), declared)
        self.assertEqual(declared, {"sealwax_alloc", "sealwax_protect", "sealwax_query",
                                    "sealwax_region_name", "sealwax_sealer_name",
                                    "sealwax_seal_after_init"})

    def test_every_function_has_a_section_with_the_same_errors(self):
        for function, text in documented_functions().items():
            with self.subTest(function=function):
                self.assertNotEqual(section(function), "")
                self.assertEqual(errors_in(section(function)), errors_in(text))

    def test_every_function_says_whether_signal_handlers_may_call_it(self):
        for function, text in documented_functions().items():
            with self.subTest(function=function):
                self.assertIn("sync-signal-safe", text)
                self.assertIn("sync-signal-safe", section(function))

    def test_every_macro_and_constant_is_named(self):
        names = set(re.findall(r"\bSEALWAX_[A-Z_]+\b", HEADER))
        names = {name for name in names if not name.startswith(("SEALWAX_OWN", "SEALWAX_SEALWAX"))}
        self.assertEqual({name for name in names if f"*{name}*" not in MANUAL}, set())

    def test_what_the_part_has_for_others_is_declared_in_the_header(self):
        names = set(re.findall(r"\bsealwax_(?!own_)\w+", QUERY_PART))
        self.assertEqual({name for name in names if name not in HEADER},
                         {"sealwax_shim_has_sealed"})
        constants = set(re.findall(r"\bSEALWAX_[A-Z_]+\b", QUERY_PART))
        self.assertEqual({name for name in constants if name not in HEADER}, {"SEALWAX_QUERY_H"})

    def test_the_example_is_a_program(self):
        page = read("src", "man", "sealwax.3.scd")
        source = page.split("\n# EXAMPLE\n", 1)[1].split("```\n")[1].replace("\\\\", "\\")
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "example")
            subprocess.run(
                ["cc", "-std=c11", "-Wall", "-Werror", "-I", os.path.join(SOURCES, "include"),
                 "-x", "c", "-", "-o", program],
                input=source, text=True, check=True,
            )
            for arguments, greeting in ([], "hello you\n"), (["world"], "hello world\n"):
                ran = subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, check=True)
                self.assertEqual(ran.stdout, greeting)

    def test_every_declaration_is_as_in_the_header(self):
        plain = " ".join(MANUAL.replace("*", "").replace("_ptr_", "").split())
        for function in documented_functions():
            declaration = re.search(rf"static inline ([^;{{]*?\b{function}\([^)]*\);)", HEADER)[1]
            with self.subTest(function=function):
                self.assertIn(" ".join(declaration.replace("*", "").split()), plain)


if __name__ == "__main__":
    unittest.main()
