# SPDX-License-Identifier: Apache-2.0
"""Where the library goes if nobody says it: the distribution's library directory, with Debian's
dpkg-dev and without; and where it goes if somebody does. On a layer over this machine's disk."""

import json
import os
import shutil
import unittest

import layer
from layer import meaning_of_lib, must

SOURCE = os.environ["SEALWAX_SOURCE"]
BUILD = "/srv/build"
ASKED = "/usr/bin/dpkg-architecture"  # Meson takes the directory from it where it is there
LIB = meaning_of_lib()


class Libdir(unittest.TestCase):
    def build(self, *options):
        shutil.rmtree(BUILD, ignore_errors=True)
        must("meson", "setup", BUILD, SOURCE, "-Dcli=false", "-Dtests=false", *options)

    def libdir(self):
        options = json.loads(must("meson", "introspect", "--buildoptions", BUILD))
        return next(option["value"] for option in options if option["name"] == "libdir")

    def pkg_config(self, name):
        """As it will be installed."""
        environment = {**os.environ, "PKG_CONFIG_PATH": f"{BUILD}/meson-private"}
        said = must("pkg-config", f"--variable={name}", "sealwax", env=environment)
        return said.strip().replace("\\", "")

    def test_with_what_is_here(self):
        self.build()
        self.assertEqual(self.libdir(), LIB)

    def test_without_dpkg_dev(self):
        if os.path.exists(ASKED):
            os.rename(ASKED, ASKED + ".hidden")
            self.addCleanup(os.rename, ASKED + ".hidden", ASKED)
        self.build("--prefix=/usr")
        self.assertEqual(self.libdir(), LIB)
        self.assertEqual(self.pkg_config("library"), f"/usr/{LIB}/libsealwax.so")
        self.assertEqual(self.pkg_config("preload_entry"), "/usr/$LIB/libsealwax.so")
        must("meson", "install", "-C", BUILD)
        self.assertTrue(os.path.exists(f"/usr/{LIB}/libsealwax.so"))

    def test_as_somebody_wants_it(self):
        for said in "--libdir=lib64", "-Dlibdir=lib64", "--libdir=/opt/x/lib64":
            self.build("--prefix=/opt/x", said)
            self.assertEqual(self.libdir(), "lib64")
        self.assertEqual(self.pkg_config("library"), "/opt/x/lib64/libsealwax.so")
        folder = "$LIB" if LIB == "lib64" else "lib64"
        self.assertEqual(self.pkg_config("preload_entry"), f"/opt/x/{folder}/libsealwax.so")


if __name__ == "__main__":
    layer.enter(SOURCE)
    unittest.main()
