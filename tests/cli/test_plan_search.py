# SPDX-License-Identifier: Apache-2.0
"""sealwax plan: which libraries a loader would load, and from where."""

import json
import os
import subprocess
import unittest

import elf_maker as elf
from elf_maker import Elf, R, W, X
from made_system import DATA, LOADER, ORDINARY, System
from support import LIBRARY, TestCase, clean_environment, sealwax


class Search(System):
    def needs(self, name, **options):
        self.program(needed=[name], **options)

    def cache(self, *entries):
        kind = {elf.EM_X86_64: 0x303, elf.EM_AARCH64: 0xA03}[elf.MACHINE]
        self.put("/etc/ld.so.cache", elf.ld_so_cache(entries, kind))

    def found(self, **options):
        return self.objects("/usr/bin/prog", **options)

    def test_folders_that_are_built_into_the_loader(self):
        for folder in ("/usr/lib", "/lib", "/usr/lib/test-linux-gnu", "/lib/test-linux-gnu"):
            self.shared(folder + "/libx.so.1")
            self.needs("libx.so.1")
            self.assertEqual(self.found(), [folder + "/libx.so.1"])

    def test_cache_comes_before_the_folders(self):
        self.shared("/lib/libx.so.1")
        self.shared("/opt/libx.so.1")
        self.needs("libx.so.1")
        self.cache(("libx.so.1", "/opt/libx.so.1"), ("libx.so.1", "/lib/libx.so.1"))
        self.assertEqual(self.found(), ["/opt/libx.so.1"])

    def test_cache_of_other_programs(self):
        self.shared("/lib/libx.so.1")
        self.shared("/opt/libx.so.1")
        self.needs("libx.so.1")
        self.put("/etc/ld.so.cache", elf.ld_so_cache([("libx.so.1", "/opt/libx.so.1")], 0x3))
        self.assertEqual(self.found(), ["/lib/libx.so.1"])

    if elf.MACHINE == elf.EM_X86_64:  # Other machines have no glibc-hwcaps.

        def test_cache_with_a_better_library_for_this_machine(self):
            self.shared("/lib/libx.so.1")
            self.shared("/lib/glibc-hwcaps/x86-64-v2/libx.so.1")
            self.needs("libx.so.1")
            self.cache(
                ("libx.so.1", "/lib/glibc-hwcaps/x86-64-v9/libx.so.1", "x86-64-v9"),
                ("libx.so.1", "/lib/glibc-hwcaps/x86-64-v2/libx.so.1", "x86-64-v2"),
                ("libx.so.1", "/lib/libx.so.1"),
            )
            self.assertEqual(self.found(), ["/lib/glibc-hwcaps/x86-64-v2/libx.so.1"])

    if elf.MACHINE == elf.EM_X86_64:  # Other machines have no glibc-hwcaps.

        def test_folder_with_a_better_library_for_this_machine(self):
            self.shared("/lib/libx.so.1")
            self.shared("/lib/glibc-hwcaps/x86-64-v2/libx.so.1")
            self.needs("libx.so.1")
            self.assertEqual(self.found(), ["/lib/glibc-hwcaps/x86-64-v2/libx.so.1"])

    def test_cache_that_is_damaged(self):
        self.shared("/lib/libx.so.1")
        self.shared("/opt/libx.so.1")
        self.needs("libx.so.1")
        whole = elf.ld_so_cache([("libx.so.1", "/opt/libx.so.1", "x86-64-v2"),
                                 ("libx.so.1", "/opt/libx.so.1")], 0x303)
        for size in range(0, len(whole), 7):
            self.put("/etc/ld.so.cache", whole[:size])
            self.assertIn(self.found(), (["/lib/libx.so.1"], ["/opt/libx.so.1"]))
        self.put("/etc/ld.so.cache", elf.patched(whole, 20, b"\xff\xff\xff\xff"))
        self.assertEqual(len(self.found()), 1)

    def test_runpath_is_for_the_object_alone(self):
        self.shared("/opt/liba.so", needed=["libb.so"])
        self.shared("/opt/libb.so")
        self.shared("/lib/libb.so")
        self.needs("liba.so", runpath="/opt")
        self.assertEqual(self.found(), ["/opt/liba.so", "/lib/libb.so"])

    def test_rpath_is_for_what_is_loaded_below_too(self):
        self.shared("/opt/liba.so", needed=["libb.so"])
        self.shared("/opt/libb.so")
        self.shared("/lib/libb.so")
        self.needs("liba.so", rpath="/opt")
        self.assertEqual(self.found(), ["/opt/liba.so", "/opt/libb.so"])

    def test_rpath_is_not_for_an_object_with_a_runpath(self):
        self.shared("/opt/liba.so", needed=["libb.so"], runpath="/nowhere")
        self.shared("/opt/libb.so")
        self.shared("/lib/libb.so")
        self.needs("liba.so", rpath="/opt")
        self.assertEqual(self.found(), ["/opt/liba.so", "/lib/libb.so"])

    def test_rpath_beside_a_runpath_is_ignored(self):
        self.shared("/opt/a/libx.so.1")
        self.shared("/opt/b/libx.so.1")
        self.needs("libx.so.1", rpath="/opt/a", runpath="/opt/b")
        self.assertEqual(self.found(), ["/opt/b/libx.so.1"])

    def test_paths_with_origin_lib_and_platform(self):
        machine = os.uname().machine
        for runpath in ("$ORIGIN/../x", "${ORIGIN}/../x", f"/usr/{machine}/y:$ORIGIN/../x"):
            self.shared("/usr/x/libx.so.1")
            self.needs("libx.so.1", runpath=runpath)
            self.assertEqual(self.found(), ["/usr/x/libx.so.1"])
        for runpath, path in (("/opt/$LIB/q", "/opt/lib/test-linux-gnu/q"),
                              ("/opt/${PLATFORM}", f"/opt/{machine}")):
            self.shared(path + "/libx.so.1")
            self.needs("libx.so.1", runpath=runpath)
            self.assertEqual(self.found(), [path + "/libx.so.1"])

    def test_origin_is_where_the_program_lies_and_a_library_was_found(self):
        self.shared("/opt/real/liba.so", needed=["libb.so"], runpath="$ORIGIN/b")
        self.link("/opt/liba.so", "real/liba.so")
        self.shared("/opt/b/libb.so")
        self.link("/usr/bin/prog", "/opt/real/prog")
        self.program("/opt/real/prog", needed=["liba.so"], runpath="$ORIGIN/..")
        outcome, document = self.plan_json("/usr/bin/prog")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        self.assertEqual(
            [(found["name"], found["path"]) for found in document["programs"][0]["objects"][2:4]],
            [("/opt/real/../liba.so", "/opt/real/liba.so"),
             ("/opt/real/../b/libb.so", "/opt/b/libb.so")],
        )

    def test_setuid_program_trusts_origin_in_the_loaders_folders_alone(self):
        self.shared("/opt/libx.so.1")
        self.shared("/usr/lib/libx.so.1")
        self.program("/opt/prog", needed=["libx.so.1"], rpath="$ORIGIN")
        self.assertEqual(self.objects("/opt/prog"), ["/opt/libx.so.1"])
        os.chmod(self.root + "/opt/prog", 0o4755)
        self.assertEqual(self.objects("/opt/prog"), ["/usr/lib/libx.so.1"])

    def test_no_default_folders(self):
        self.shared("/lib/libx.so.1")
        self.cache(("libx.so.1", "/lib/libx.so.1"))
        self.needs("libx.so.1", dynamic=((elf.DT_FLAGS_1, elf.DF_1_NODEFLIB),))
        self.assertEqual(
            self.found(code=2, err="sealwax: /usr/bin/prog needs libx.so.1, which is not found; "
                                   "install it\n"),
            [],
        )

    def test_environment_is_not_heeded(self):
        self.shared("/lib/libx.so.1")
        self.shared("/opt/libx.so.1")
        self.needs("libx.so.1")
        environment = clean_environment(LD_LIBRARY_PATH="/opt", LD_PRELOAD="",
                                        SEALWAX_POLICY="/none")
        outcome = self.plan("--json", "/usr/bin/prog", env=environment)
        found = json.loads(outcome.out)["programs"][0]["objects"]
        self.assertEqual(found[2]["path"], "/lib/libx.so.1")

    def test_libraries_of_other_machines_are_passed_over(self):
        self.shared("/opt/libx.so.1", machine=elf.OTHER_MACHINE)
        self.shared("/lib/libx.so.1")
        self.needs("libx.so.1", runpath="/opt")
        self.assertEqual(self.found(), ["/lib/libx.so.1"])

    def test_name_with_a_slash_is_a_path(self):
        self.shared("/opt/libx.so.1")
        self.needs("$ORIGIN/../../opt/libx.so.1")
        self.assertEqual(self.found(), ["/opt/libx.so.1"])

    def test_one_file_is_loaded_once(self):
        self.shared("/lib/liba.so.1.0", soname="liba.so.1")
        self.link("/lib/liba.so", "liba.so.1.0")
        self.program(needed=["liba.so", "liba.so.1.0", "liba.so.1", "ld-test.so.1"])
        self.link("/lib/liba.so.1.0.0", "liba.so.1.0")
        self.assertEqual(self.found(), ["/lib/liba.so.1.0"])

    def test_circle(self):
        self.shared("/lib/liba.so", needed=["libb.so"])
        self.shared("/lib/libb.so", needed=["liba.so"])
        self.needs("liba.so")
        self.assertEqual(self.found(), ["/lib/liba.so", "/lib/libb.so"])

    def test_breadth_first(self):
        self.shared("/lib/liba.so", needed=["libc.so"])
        self.shared("/lib/libb.so")
        self.shared("/lib/libc.so")
        self.program(needed=["liba.so", "libb.so"])
        self.assertEqual(self.found(), ["/lib/liba.so", "/lib/libb.so", "/lib/libc.so"])

    def test_list_of_preloads_of_the_system(self):
        self.shared("/lib/liba.so")
        self.shared("/opt/libp.so", needed=["liba.so"])
        self.put("/etc/ld.so.preload", b"/opt/libp.so # all programs\n")
        self.program()
        self.assertEqual(self.found(), ["/opt/libp.so", "/lib/liba.so"])

    def test_library_that_the_system_preloads_is_counted_once(self):
        with open(self.library, "rb") as file:
            self.put("/usr/lib/libsealwax.so", file.read())
        self.put("/etc/ld.so.preload", b"/usr/lib/libsealwax.so\n")
        self.program()
        paths = [found["path"]
                 for found in self.plan_json("/usr/bin/prog")[1]["programs"][0]["objects"]]
        self.assertEqual(paths, ["/usr/bin/prog", LOADER, "/usr/lib/libsealwax.so"])

    def test_links_do_not_lead_out_of_the_system(self):
        self.shared("/opt/real/libx.so.1")
        self.link("/lib/libx.so.1", "/opt/real/libx.so.1")
        self.link("/lib/liby.so.1", "/../../../../../../../../../../opt/real/libx.so.1")
        self.needs("libx.so.1")
        self.assertEqual(self.found(), ["/opt/real/libx.so.1"])
        self.needs("liby.so.1")
        self.assertEqual(self.found(), ["/opt/real/libx.so.1"])

    def test_library_that_is_missing(self):
        self.shared("/lib/liba.so", needed=["libgone.so"])
        self.shared("/lib/libb.so")
        self.program(needed=["liba.so", "libb.so"])
        self.assertEqual(
            self.found(code=2, err="sealwax: /lib/liba.so needs libgone.so, which is not found; "
                                   "install it\n"),
            ["/lib/liba.so", "/lib/libb.so"],
        )

    def test_library_that_is_broken(self):
        self.put("/lib/libx.so.1", b"\x7fELF and no more")
        self.needs("libx.so.1")
        self.assertEqual(
            self.found(code=2,
                       err="sealwax: /usr/bin/prog needs libx.so.1, but /lib/libx.so.1 is cut "
                           "short: it ends inside its ELF header; install it anew\n"),
            [],
        )

    def test_loader_that_is_missing(self):
        path = self.put("/usr/bin/prog", Elf(interpreter="/lib/none.so"))
        self.assertEqual(
            self.objects(path, code=2, err="sealwax: /usr/bin/prog needs the loader /lib/none.so: "
                                           "No such file or directory; install it\n"),
            [],
        )

    def test_musl(self):
        loader = self.put("/lib/ld-musl-test.so.1", Elf(soname="libc.musl-test.so.1"))
        self.put("/etc/ld-musl-test.path", b"/one\n/two:/three\n")
        self.shared("/three/libx.so.1", segments=((R | X, 1), (R | W, 2, 3)),
                    relro=(5 * elf.PAGE, elf.PAGE))
        self.put("/usr/bin/prog", Elf(interpreter=loader, segments=ORDINARY, relro=(DATA, elf.PAGE),
                                      needed=["libc.so", "libm.so.6", "libx.so.1"]))
        outcome, document = self.plan_json("/usr/bin/prog")
        self.assertEqual((outcome.code, outcome.err), (0, ""))
        found = document["programs"][0]
        self.assertEqual([entry["path"] for entry in found["objects"]],
                         ["/usr/bin/prog", loader, "/three/libx.so.1", self.library])
        # musl leaves what lies between the segments as it mapped the whole.
        self.assertEqual(found["regions"]["gaps"]["bytes"], 0)


class LikeTheLoader(TestCase):
    """The same trees as a real ld.so sees them."""

    def tree(self, **options):
        for folder in ("a", "b", "lib"):
            os.makedirs(self.path(folder), exist_ok=True)
        for name, choices in options.items():
            folder, _, file = name.rpartition("_")
            path = self.path(f"{folder}/lib{file}.so" if folder else file)
            with open(path, "wb") as out:
                out.write(Elf(segments=ORDINARY, relro=(DATA, elf.PAGE), **choices).image())
            os.chmod(path, 0o755)

    def compare(self):
        loader = os.environ["SEALWAX_TEST_LOADER"]
        listed = subprocess.run([loader, "--list", self.path("prog")], capture_output=True,
                                text=True, env=clean_environment(), check=False)
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        by_loader = [line.split("=>")[1].split()[0] for line in listed.stdout.splitlines()
                     if "=>" in line]
        planned = sealwax("plan", "--json", "--library", LIBRARY, self.path("prog"))
        document = json.loads(planned.out)
        names = [entry["name"] for entry in document["programs"][0]["objects"][1:]]
        self.assertEqual([name for name in names if name in by_loader], by_loader)
        return [os.path.relpath(os.path.realpath(name), os.path.realpath(self.folder))
                for name in by_loader]

    def program_with(self, **options):
        return {"interpreter": os.environ["SEALWAX_TEST_LOADER"], **options}

    def test_paths(self):
        a, b = self.path("a"), self.path("b")
        library = {"soname": None}
        needing = {"needed": ["liby.so"]}
        for chosen, tree in (
            (["a/libx.so", "a/liby.so"],
             {"prog": {"needed": ["libx.so"], "rpath": a}, "a_x": needing, "a_y": library,
              "b_y": library}),
            (["a/libx.so", "b/liby.so"],
             {"prog": {"needed": ["libx.so"], "rpath": a}, "a_x": {**needing, "runpath": b},
              "a_y": library, "b_y": library}),
            (["a/libx.so", "b/liby.so"],
             {"prog": {"needed": ["libx.so"], "runpath": "$ORIGIN/a"},
              "a_x": {**needing, "rpath": "${ORIGIN}/../b"}, "a_y": library, "b_y": library}),
            (["b/libx.so", "b/liby.so"],
             {"prog": {"needed": ["libx.so", "liby.so"], "rpath": a, "runpath": b},
              "a_x": library, "b_x": library, "a_y": library, "b_y": library}),
            (["a/libx.so", "b/liby.so"],
             {"prog": {"needed": ["libx.so"], "rpath": f"{a}:{b}"}, "a_x": needing,
              "b_x": library, "b_y": library}),
        ):
            with self.subTest(tree):
                for folder in ("a", "b"):
                    for name in ("libx.so", "liby.so"):
                        if os.path.exists(self.path(f"{folder}/{name}")):
                            os.unlink(self.path(f"{folder}/{name}"))
                tree["prog"] = self.program_with(**tree["prog"])
                self.tree(**tree)
                self.assertEqual(self.compare(), chosen)


if __name__ == "__main__":
    unittest.main()
