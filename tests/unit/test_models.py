# SPDX-License-Identifier: Apache-2.0
"""What docs/models promise holds in every order of their steps, and each of their rules is needed.

    test_models.py SPIN
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

MODELS = pathlib.Path(__file__).resolve().parents[2] / "docs/models"


def errors(model, *definitions):
    """How many spin(1) finds; it stops at the first."""
    with tempfile.TemporaryDirectory() as folder:  # it leaves a program and more behind
        ended = subprocess.run(
            [SPIN, *definitions, "-run", "-noreduce", "-safety", "-m10000", "-w20", model],
            cwd=folder, capture_output=True, text=True, check=False,
        )
    found = re.search(r"errors: (\d+)$", ended.stdout, re.MULTILINE)
    if found is None or "max search depth too small" in ended.stdout:
        raise AssertionError(f"spin did not look at all of it:\n{ended.stdout}{ended.stderr}")
    return int(found[1])


class LateLoads(unittest.TestCase):
    MODEL = MODELS / "late_loads.pml"

    def test_nothing_waits_for_ever_and_no_constructor_comes_first(self):
        self.assertEqual(errors(self.MODEL), 0)

    def test_every_rule_is_needed(self):
        rules = re.findall(r"^#ifn?def (WITHOUT_\w+)$", self.MODEL.read_text(), re.MULTILINE)
        self.assertGreater(len(rules), 5)
        needless = [rule for rule in rules if errors(self.MODEL, f"-D{rule}") == 0]
        self.assertEqual(needless, [])


if __name__ == "__main__":
    SPIN = sys.argv.pop(1)
    unittest.main()
