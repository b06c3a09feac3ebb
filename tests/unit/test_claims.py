# SPDX-License-Identifier: Apache-2.0
"""Each claim of the documents has tests that exist, and what lists it quotes it as it stands.

    test_claims.py TESTS.JSON      what meson knows of the tests
"""

import json
import pathlib
import sys
import unittest

import claims

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LISTS = [SOURCE / "docs/CLAIMS.md", *sorted((SOURCE / "docs/claims").glob("*.md"))]
LISTED = [claim for path in LISTS for claim in claims.claims(path.read_text())]


def document(name):
    text = (SOURCE / name).read_text()
    return claims.without_marks_of_comments(text) if name.endswith(".conf") else text


class TheList(unittest.TestCase):
    def test_every_claim_stands_in_its_document(self):
        lost = [
            f"{claim.document}: {claim.words}"
            for claim in LISTED
            if claims.plain(claim.words) not in claims.plain(document(claim.document))
        ]
        self.assertEqual(lost, [])

    def test_every_claim_is_shown_by_a_test_that_exists(self):
        known = {test["name"] for test in json.loads(pathlib.Path(TESTS).read_text())}
        unknown = [
            f"{claim.words}: {set(claim.tests()) - known or 'no test'}"
            for claim in LISTED
            if not claim.tests() or not set(claim.tests()) <= known
        ]
        self.assertEqual(unknown, [])

    def test_every_claim_says_what_limits_it(self):
        self.assertEqual([claim.words for claim in LISTED if not claim.limited_by], [])

    def test_every_promise_of_the_documents_is_listed(self):
        missing = []
        for name, headings in claims.PROMISING.items():
            quoted = [claims.plain(claim.words) for claim in LISTED if claim.document == name]
            for heading in headings:
                promises = list(claims.promises(claims.section(document(name), heading)))
                self.assertNotEqual(promises, [], f"{name} has no section '{heading}'")
                missing += [
                    f"{name}, {heading}: {promise}"
                    for promise in promises
                    if not any(words in promise for words in quoted)
                ]
        self.assertEqual(missing, [])


class AMadeUpList(unittest.TestCase):
    LIST = """\
## README.md

> It `floats`,
> and swims.

shown by: floats, swims-well,
sinks_never
limited by: ice

> It flies.

shown by: flies
limited by: nothing
"""

    def test_entries(self):
        first, second = claims.claims(self.LIST)
        self.assertEqual(claims.plain(first.words), "It floats, and swims.")
        self.assertEqual(first.tests(), ["floats", "swims-well", "sinks_never"])
        self.assertEqual((first.document, first.limited_by), ("README.md", "ice"))
        self.assertEqual((second.words.strip(), second.tests()), ("It flies.", ["flies"]))

    def test_promises(self):
        text = "\nOne.\n\nItems:\n\n    shown\n\n- two,\n  still two;\n- three\n\n| a | b |\n|---|---|\n| c | d |\n"
        self.assertEqual(
            list(claims.promises(text)), ["One.", "two, still two;", "three", "c | d"]
        )

    def test_promises_of_a_manual_page(self):
        text = "*key* = _a_ | _b_\n\tWhat *it* is:\n\n\t- one\n\t- two\n\n\tDefault: _a_\n\n```\nshown\n```\n"
        self.assertEqual(list(claims.promises(text)), ["one", "two"])

    def test_promises_of_a_policys_comments(self):
        text = "first line\n# One,\n# still one.\n#\n# Two.\nkey = a\n\n# ==== part ====\n# Three.\n"
        self.assertEqual(
            list(claims.promises(claims.without_marks_of_comments(text))), ["One, still one.", "Two."]
        )


TESTS = sys.argv.pop(1)
unittest.main()
