# SPDX-License-Identifier: Apache-2.0
"""No file includes what its place in the house forbids."""

import pathlib
import tempfile
import unittest

import rooms

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src"


class TheHouse(unittest.TestCase):
    def test_every_include_keeps_the_order(self):
        self.assertEqual(rooms.problems(SOURCE), [])

    def test_every_room_is_inhabited(self):
        self.assertEqual(rooms.empty_rooms(SOURCE), [])

    def test_every_type_has_its_name_for_itself(self):
        self.assertEqual(rooms.types_twice(SOURCE), {})

    def test_the_files_are_found(self):
        self.assertGreater(len(rooms.sources(SOURCE)), 100)


class AMadeUpHouse(unittest.TestCase):
    def problems(self, files):
        """Of a house with these files, each with the one line that it has."""
        with tempfile.TemporaryDirectory() as folder:
            for path, line in files.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"// A comment.\n{line}\n")
            return rooms.problems(pathlib.Path(folder))

    def assert_only(self, path, used, problem):
        self.assertEqual(
            self.problems({path: f'#include "{used}"'}),
            [f"src/{path}:2 includes {used}: {problem}"],
        )

    def test_sound_house(self):
        sound = {
            "cli/main.cpp": "cli/commands/commands.hpp",
            "cli/commands/run/run.cpp": "cli/sealing/launch.hpp",
            "cli/commands/learn/learn.cpp": "cli/commands/learn/following/seals.hpp",
            "cli/commands/learn/following/seals.cpp": "cli/commands/learn/learn.hpp",
            "cli/sealing/launch.hpp": "cli/elf/elf_file.hpp",
            "cli/elf/elf_file.cpp": "cli/elf/elf_file.hpp",
            "cli/elf/closure.cpp": "deploy/preload_text.hpp",
            "cli/arch/arch.hpp": "model/range.hpp",
            "shim/entry/initialise.cpp": "shim/kernel/kernel.hpp",
            "shim/kernel/arch/arch.hpp": "shim/kernel/kernel.hpp",
            "shim/seal/object/sealer.cpp": "model/object/plan.hpp",
            "model/object/plan.cpp": "model/object/plan.hpp",
        }
        self.assertEqual(
            self.problems({path: f'#include "{used}"' for path, used in sound.items()}), []
        )

    def test_type_of_a_name_that_is_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in ("cli/elf/a.hpp", "cli/sealing/b.hpp", "cli/elf/c.hpp"):
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                inner = "::inner" if path.endswith("c.hpp") else ""
                file.write_text(f"namespace sealwax::cli{inner} {{\nstruct Verdict {{\n}};\n}}\n")
            self.assertEqual(rooms.types_twice(pathlib.Path(folder)),
                             {"sealwax::cli::Verdict": ["cli/elf/a.hpp", "cli/sealing/b.hpp"]})

    def test_the_halves_do_not_meet(self):
        self.assert_only("cli/elf/a.cpp", "shim/kernel/maps.hpp", "cli may not use shim")
        self.assert_only("shim/kernel/a.cpp", "cli/elf/elf_file.hpp", "shim may not use cli")
        self.assert_only("model/a.cpp", "cli/elf/elf_file.hpp", "model may not use cli")
        self.assert_only("shim/seal/a.cpp", "deploy/preload_text.hpp", "shim may not use deploy")

    def test_brackets_are_no_way_round(self):
        self.assertEqual(
            self.problems({"model/a.cpp": "#include <shim/seal/object/sealer.hpp>"}),
            ["src/model/a.cpp:2 includes shim/seal/object/sealer.hpp: model may not use shim"],
        )
        self.assertEqual(self.problems({"model/a.cpp": "#include <sys/stat.h>"}), [])

    def test_a_command_does_not_use_another(self):
        self.assert_only(
            "cli/commands/systemd/systemd.cpp",
            "cli/commands/status/status_look.hpp",
            "cli/commands/systemd may not use cli/commands/status",
        )

    def test_neighbours_do_not_use_each_other(self):
        for one, other in (
            ("cli/elf", "cli/process"),
            ("cli/process", "cli/elf"),
            ("cli/change", "cli/inspection"),
            ("shim/seal/start", "shim/seal/late"),
            ("model/policy", "model/object"),
        ):
            self.assert_only(f"{one}/a.cpp", f"{other}/b.hpp", f"{one} may not use {other}")

    def test_nobody_uses_what_is_to_the_left(self):
        self.assert_only(
            "cli/output/a.cpp", "cli/commands/run/run.hpp", "cli/output may not use cli/commands/run"
        )
        self.assert_only(
            "shim/kernel/a.hpp", "shim/loader/loader.hpp", "shim/kernel may not use shim/loader"
        )

    def test_a_folder_without_a_line_is_told_once(self):
        self.assertEqual(
            self.problems({"cli/attic/a.cpp": "", "cli/attic/b.cpp": "", "attic/c.S": ""}),
            [
                "src/attic has no line in tests/unit/rooms.py",
                "src/cli/attic has no line in tests/unit/rooms.py",
            ],
        )
        self.assertEqual(
            self.problems({"shim/a.cpp": ""}), ["src/shim has no line in tests/unit/rooms.py"]
        )

    def test_an_include_is_named_from_src(self):
        self.assert_only("cli/elf/a.cpp", "../process/b.hpp", "is not named from src/")
        self.assert_only("cli/elf/a.cpp", "cli/attic/b.hpp", "is in no room")


if __name__ == "__main__":
    unittest.main()
