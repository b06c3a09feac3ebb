# SPDX-License-Identifier: Apache-2.0
"""Each document of --json has a schema; the tool's tests hold what it answers against them."""

import json
import pathlib
import re
import sys
import unittest

import jsonschema

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests/support"))
import schemas  # noqa: E402 (found by the line above)

# Made of the command's name where one function answers for several commands.
OF_CHANGES = {f"sealwax-{name}" for name in
              ("install", "uninstall", "systemd", "policy-apply", "policy-enable", "policy-mode")}


def names_in_sources():
    text = "".join(path.read_text() for path in (TREE / "src/cli").rglob("*.cpp"))
    return set(re.findall(r'\\?"schema\\?"(?:, |:\\")"?(sealwax-[a-z-]+) 1', text))


class Schemas(unittest.TestCase):
    def test_each_document_has_one_and_each_one_a_document(self):
        names = names_in_sources()
        self.assertGreater(len(names), 10)
        self.assertEqual({path.stem for path in schemas.FOLDER.iterdir()}, names | OF_CHANGES)

    def test_each_is_one_and_names_its_document(self):
        for path in schemas.FOLDER.iterdir():
            schema = json.loads(path.read_text())
            jsonschema.Draft7Validator.check_schema(schema)
            self.assertEqual(schema["properties"]["schema"], {"const": f"{path.stem} 1"})
            self.assertEqual(schema["title"], f"{path.stem} 1")

    def test_a_member_too_many_or_too_few_is_told(self):
        document = {"schema": "sealwax-policy-check 1", "files": [], "errors": [], "ok": True}
        schemas.check(json.dumps(document))
        for wrong in ({**document, "more": 1}, {k: v for k, v in document.items() if k != "ok"},
                      {**document, "ok": 1}):
            with self.assertRaises(jsonschema.ValidationError):
                schemas.check(json.dumps(wrong))


if __name__ == "__main__":
    unittest.main()
