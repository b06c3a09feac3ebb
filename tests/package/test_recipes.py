# SPDX-License-Identifier: Apache-2.0
"""Recipes for other distributions can be read by their tools, and name all that is installed."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
RECIPES = TREE / "scripts/packaging"
SPEC = RECIPES / "rpm/sealwax.spec"
BUILD = sys.argv.pop(1)

# sealwax-rescue lies where `init=` finds it on each system.
ARGUED = {"hardcoded-library-path"}


def introspect(what):
    output = subprocess.run(
        ["meson", "introspect", f"--{what}", BUILD], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return json.loads(output)


def options():
    return {option["name"]: option["value"] for option in introspect("buildoptions")}


def version():
    return introspect("projectinfo")["version"]


def installed():
    """As below a prefix of /usr, with the library's folder as rpm has it."""
    values = options()
    for path in introspect("installed").values():
        path = os.path.relpath(path, values["prefix"])
        if path.startswith(values["libdir"] + "/"):
            path = "lib64" + path.removeprefix(values["libdir"])
        yield "/" + path if path.startswith("etc/") else "/usr/" + path
    yield "/usr/lib64/libsealwax.so"  # by a script of its own, of which Meson does not know


def listed():
    """Lines of the package's files, with rpm's macros read; one that ends in `/` is a folder."""
    folders = {"bin": "bin", "lib": "lib64", "include": "include", "data": "share", "man": "share/man"}
    macros = [f"_{name}dir /usr/{folder}" for name, folder in folders.items()]
    macros += ["_sysconfdir /etc", "_prefix /usr", "_unitdir /usr/lib/systemd/system"]
    defines = [word for macro in macros for word in ("--define", macro)]
    text = subprocess.run(
        ["rpmspec", *defines, "-P", SPEC], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    for line in text.split("%files\n")[1].splitlines():
        line = re.sub(r"^%config\S* ", "", line)
        if line.startswith("/"):
            yield line


def covers(entry, path):
    return path.startswith(entry) if entry.endswith("/") else path == entry.rstrip("*")


def assigned(recipe, shell):
    """Variables of a recipe that a shell reads, and the functions that it defines."""
    script = f'. "{recipe}" && echo "$pkgname $pkgver" && type build package >/dev/null'
    return subprocess.run(
        [shell, "-euc", script], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()


class Recipes(unittest.TestCase):
    def test_spec_names_all_that_is_installed_and_nothing_else(self):
        files, entries = sorted(installed()), list(listed())
        unnamed = [path for path in files if not any(covers(entry, path) for entry in entries)]
        self.assertEqual(unnamed, [])
        idle = [entry for entry in entries if not any(covers(entry, path) for path in files)]
        self.assertEqual(idle, [])

    def test_rpmlint_finds_no_error_in_the_spec(self):
        output = subprocess.run(["rpmlint", SPEC], stdout=subprocess.PIPE, text=True).stdout
        self.assertIn("1 specfiles checked", output)
        errors = re.findall(r"E: (\S+)", output)
        self.assertEqual([error for error in errors if error not in ARGUED], [])

    def test_every_recipe_has_the_version(self):
        self.assertIn(f"\nVersion:        {version()}\n", SPEC.read_text())
        for recipe, shell in (("arch/PKGBUILD", "bash"), ("alpine/APKBUILD", "sh")):
            self.assertEqual(assigned(RECIPES / recipe, shell), ["sealwax", version()])


class RulesForOtherTools(unittest.TestCase):
    """What would alarm on a preloaded library, or refuse it, can read what is meant for it."""

    def test_selinux_module_compiles_to_a_package(self):
        with tempfile.TemporaryDirectory() as folder:
            module, package = f"{folder}/sealwax.mod", f"{folder}/sealwax.pp"
            subprocess.run(["checkmodule", "-M", "-m", "-o", module, RECIPES / "selinux/sealwax.te"],
                           check=True)
            subprocess.run(["semodule_package", "-o", package, "-m", module], check=True)
            self.assertGreater(os.path.getsize(package), 1000)

    def test_falco_rules_use_what_they_define(self):
        entries = yaml.safe_load((RECIPES / "falco/sealwax.yaml").read_text())
        kinds = [next(iter(entry)) for entry in entries]
        self.assertEqual(kinds, ["list", "list", "macro", "rule"])
        condition = entries[3]["condition"]
        for entry in entries[1:3]:
            self.assertIn(entry.get("list") or entry.get("macro"), condition)

    def test_rules_name_programs_that_are_installed(self):
        files = set(installed())
        texts = [(RECIPES / name).read_text() for name in
                 ("falco/sealwax.yaml", "audit/29-sealwax.rules")]
        for text in texts:
            named = set(re.findall(r"/usr/(?:bin|lib)/[a-z/-]+", text))
            self.assertEqual(named, {"/usr/lib/sealwax/sealwax", "/usr/lib/sealwax/sealwax-rescue"})
            self.assertLessEqual(named, files)


unittest.main()
