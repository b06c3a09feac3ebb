# SPDX-License-Identifier: Apache-2.0
"""`meson install` with a prefix: the tool finds what is its own there, and all that it, its pages and
pkg-config say of places is so. On a layer over this machine's disk, of which nothing stays."""

import json
import os
import re
import shutil
import unittest

import layer
from layer import meaning_of_lib, must
from deploying import PRELOAD, Outcome, execute
from rights import AS_NOBODY

SOURCE, BUILD = os.environ["SEALWAX_SOURCE"], os.environ["SEALWAX_BUILD"]
PREFIX = os.environ["SEALWAX_TEST_PREFIX"]
STAGED = os.environ["SEALWAX_TEST_STAGED"] == "yes"
TOOL = f"{PREFIX}/bin/sealwax"
UNIT = "/etc/systemd/system/demo.service"


LIBRARY_FOLDER = f"{PREFIX}/{meaning_of_lib()}"
LIBRARY = f"{LIBRARY_FOLDER}/libsealwax.so"
ENTRY = f"{PREFIX}/$LIB/libsealwax.so"
POLICIES = f"{PREFIX}/share/sealwax"
RESCUE = f"{PREFIX}/lib/sealwax/sealwax-rescue"

# README.md installs there.
if PREFIX == "/usr":
    from first_day import FirstDay  # noqa: F401


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def install():
    must("meson", "setup", "--reconfigure", BUILD, SOURCE, f"-Dprefix={PREFIX}", "-Dtests=false")
    must("ninja", "-C", BUILD)
    if not STAGED:
        must("meson", "install", "--no-rebuild", "-C", BUILD)
        return
    must("meson", "install", "--no-rebuild", "-C", BUILD, env={**os.environ, "DESTDIR": "/staging"})
    must("cp", "-a", "/staging/.", "/")


class Prefix(unittest.TestCase):
    maxDiff = None

    def check(self, outcome, code, out="", err=""):
        self.assertEqual(outcome, Outcome(code, out, err))

    def test_run_preloads_the_installed_library(self):
        for command in (TOOL, "run", "--require"), (TOOL, "run", "--policy", f"{POLICIES}/strict.conf"):
            outcome = execute(*command, "--", "cat", "/proc/self/maps")
            self.assertEqual((outcome.code, outcome.err), (0, ""))
            self.assertIn(f" {LIBRARY}\n", outcome.out)

    def test_policy_that_is_nearly_one_is_told(self):
        outcome = execute(TOOL, "run", "--policy", "observ", "--", "true")
        self.assertEqual(outcome.code, 125)
        self.assertIn("there is no policy 'observ'", outcome.err)
        self.assertIn("did you mean 'observe'?", outcome.err)

    def test_doctor_looks_at_it_and_finds_its_place_right(self):
        checks = {
            (check["group"], check["check"]): (check["state"], check["fact"])
            for check in json.loads(execute(TOOL, "doctor", "--json").out)["checks"]
        }
        self.assertEqual(checks["library", "file"], ("ok", f"{LIBRARY} is whole"))
        self.assertEqual(checks["library", "path"], ("ok", LIBRARY))

    def test_systemd_names_it(self):
        with open(UNIT, "w", encoding="utf-8") as file:
            file.write("[Service]\nExecStart=/bin/sleep 1000\n")
        self.addCleanup(os.remove, UNIT)
        outcome = execute(TOOL, "systemd", "--print", "--policy", "observe", "demo")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertIn(f"\nEnvironment=LD_PRELOAD={LIBRARY}\n", outcome.out)
        self.assertIn(f"\nEnvironment=SEALWAX_POLICY={POLICIES}/observe.conf\n", outcome.out)

    def test_install_names_it_by_lib_and_setuid_programs_load_it(self):
        tried = execute(TOOL, "install", "--dry-run")
        self.assertEqual((tried.code, tried.err), (0, ""))
        self.assertTrue(tried.out.startswith(f"library: {LIBRARY}\n"), tried.out)
        self.assertIn(f"\n+{ENTRY}\n", tried.out)
        self.assertEqual(execute(TOOL, "install").code, 0)
        self.addCleanup(execute, TOOL, "uninstall")
        self.assertEqual(read(f"/{PRELOAD}"), f"{ENTRY}\n")
        shutil.copy("/bin/cat", "/usr/bin/setuid-cat")
        os.chmod("/usr/bin/setuid-cat", 0o4755)
        shown = execute("/usr/bin/setuid-cat", "/proc/self/status", "/proc/self/maps", **AS_NOBODY)
        self.assertIn(f"\nUid:\t{AS_NOBODY['user']}\t0\t0\t0\n", shown.out)
        self.assertIn(f" {LIBRARY}\n", shown.out)
        self.assertEqual(shown.err, "")

    def test_install_into_a_mounted_system(self):
        """As it is named there, not as it is reached from here."""
        os.makedirs("/srv/system")
        must("mount", "--bind", "/", "/srv/system")
        self.addCleanup(must, "umount", "/srv/system")
        tried = execute(TOOL, "install", "--dry-run", "--root", "/srv/system")
        self.assertEqual((tried.code, tried.err), (0, ""))
        self.assertTrue(tried.out.startswith(f"library: {LIBRARY}\n"), tried.out)
        self.assertIn(f"\n+{ENTRY}\n", tried.out)

    def test_pkg_config_says_the_same(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": f"{LIBRARY_FOLDER}/pkgconfig"}
        for name, value in (
            ("library", LIBRARY), ("preload_entry", ENTRY), ("policydir", POLICIES),
            ("includedir", f"{PREFIX}/include"),
        ):
            said = must("pkg-config", f"--variable={name}", "sealwax", env=environment)
            self.assertEqual(said.strip().replace("\\", ""), value)
        for header in ("sealwax.h", "query.h"):
            self.assertTrue(os.path.exists(f"{PREFIX}/include/sealwax/{header}"))

    def test_texts_name_the_places(self):
        pages = {name: read(f"{PREFIX}/share/man/{name}").replace("\\", "")
                 for name in ("man1/sealwax.1", "man5/sealwax-policy.5")}
        texts = {
            **pages,
            "completions": read(f"{PREFIX}/share/zsh/site-functions/_sealwax"),
            "fish": read(f"{PREFIX}/share/fish/vendor_completions.d/sealwax.fish"),
            "rescue": execute(RESCUE, "--help").out,
            **{name: execute(TOOL, name, "--help").out for name in ("systemd", "install", "uninstall")},
        }
        for name, text in texts.items():
            named = set(re.findall(r"/[\w/.-]+/(?:share|lib)/sealwax\b", text))
            wanted = {
                "man1/sealwax.1": {POLICIES, os.path.dirname(RESCUE)},
                **dict.fromkeys(("man5/sealwax-policy.5", "systemd", "completions", "fish"), {POLICIES}),
            }.get(name, {os.path.dirname(RESCUE)})
            self.assertEqual((name, named), (name, wanted))
        self.assertTrue(os.path.exists(f"{POLICIES}/exceptions.conf"))
        for name in "default", "strict", "observe":
            path = f"{POLICIES}/{name}.conf"
            self.check(execute(TOOL, "policy", "check", path), 0, f"{path}: sound\n")

    def test_abstraction_lets_confined_programs_read_it(self):
        etc = "/etc" if PREFIX == "/usr" else f"{PREFIX}/etc"
        text = read(f"{etc}/apparmor.d/abstractions/sealwax")
        if PREFIX.startswith("/opt"):
            self.assertIn(f"\n  {LIBRARY} mr,\n  {POLICIES}/*.conf r,\n", text)
        else:
            self.assertEqual(text, read(f"{SOURCE}/scripts/packaging/apparmor/sealwax"))

    if STAGED:

        def test_nothing_names_the_staging_folder(self):
            self.check(execute("grep", "-rlaF", "/staging", "/staging"), 1)


if __name__ == "__main__":
    layer.enter(SOURCE, BUILD)
    install()
    unittest.main()
