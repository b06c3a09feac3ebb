# SPDX-License-Identifier: Apache-2.0
"""An installation over an older one replaces the library by rename, and nothing else touches it."""

import json
import os
import re
import unittest

from deploying import LIBRARY, TestCase, execute

SCRIPT = os.environ["SEALWAX_INSTALL_LIBRARY"]
# Calls that would change a file, remove it, or put another one in its place.
CHANGES = re.compile(
    r"^(?:\d+ +)?(?P<call>\w+)\((?P<rest>.*libsealwax\.so.*)\) += 0*[0-9]", re.MULTILINE
)


class Replacement(TestCase):
    def install(self):
        return execute(
            "strace", "-f", "-o", self.path("log"), "-e", "trace=%file", SCRIPT, LIBRARY,
            self.path("lib"),
        )

    def test_library_takes_its_name_only_when_it_is_whole(self):
        name = self.path("lib/libsealwax.so")
        os.mkdir(self.path("lib"))
        with open(name, "w", encoding="utf-8") as file:
            file.write("the old one")
        with open(name, encoding="utf-8") as old:
            self.assertEqual(self.install().code, 0)
            self.assertEqual(old.read(), "the old one")
        with open(name, "rb") as new, open(LIBRARY, "rb") as original:
            self.assertEqual(new.read(), original.read())
        self.assertEqual(os.stat(name).st_mode & 0o7777, 0o644)
        self.assertEqual(os.listdir(self.path("lib")), ["libsealwax.so"])
        with open(self.path("log"), encoding="utf-8") as file:
            touched = [
                found["call"]
                for found in CHANGES.finditer(file.read())
                if f'"{name}"' in found["rest"]
                and (found["call"] not in ("openat", "newfstatat", "access", "faccessat2")
                     or "O_WRONLY" in found["rest"] or "O_RDWR" in found["rest"])
            ]
        self.assertEqual(len(touched), 1, touched)
        self.assertRegex(touched[0], "^rename")

    def test_meson_itself_does_not_install_it(self):
        found = execute("meson", "introspect", "--installed", os.environ["SEALWAX_BUILD"])
        self.assertEqual(found.code, 0)
        names = [os.path.basename(path) for path in json.loads(found.out).values()]
        self.assertIn("sealwax", names)
        self.assertNotIn("libsealwax.so", names)

    def test_destination_folder_of_a_package(self):
        found = execute(
            "env", f"DESTDIR={self.root}/package", SCRIPT, LIBRARY, "/usr/lib/somewhere"
        )
        self.assertEqual(found.code, 0)
        self.assertTrue(os.path.exists(self.path("package/usr/lib/somewhere/libsealwax.so")))


if __name__ == "__main__":
    unittest.main()
