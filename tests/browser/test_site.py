# SPDX-License-Identifier: Apache-2.0
"""The project's page is what scripts/make-site makes of the tree now, and its readers can read it."""

import html
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from browser import CONTRAST, Browser

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGE = TREE / "docs/index.html"


def words(text):
    """What is read; tools of another version write other tags around it."""
    text = re.sub(r"<style>.*?</style>|<!--.*?-->|<[^>]*>", " ", text, flags=re.DOTALL)
    return html.unescape(text).split()


def bare(text):
    """Letters and figures alone."""
    return re.sub(r"\W+", "", text)


def table(name, first):
    """Rows of the table in a document whose head begins so."""
    lines = (TREE / name).read_text().splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} "))
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return [row for row in (bare(re.sub(r"\[(.*?)\]\(.*?\)", r"\1", row)) for row in rows) if row]


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sealwax-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.browser = Browser(cls.folder)
        cls.addClassCleanup(cls.browser.close)
        cls.browser.show(PAGE)

    def test_it_says_what_the_tree_says(self):
        made = os.path.join(self.folder, "made.html")
        subprocess.run([sys.executable, TREE / "scripts/make-site", made], check=True)
        self.assertEqual(words(PAGE.read_text()), words(pathlib.Path(made).read_text()),
                         "docs/index.html is out of date; run scripts/make-site")

    def test_nothing_is_fetched_and_nothing_runs(self):
        requests = [one["request"]["url"] for one in self.browser.named("Network.requestWillBeSent")]
        self.assertEqual(requests, [f"file://{PAGE}"])
        self.assertEqual(self.browser.evaluate("document.scripts.length + document.images.length"), 0)

    def test_every_link_leads_somewhere(self):
        self.assertGreater(self.browser.evaluate("document.links.length"), 10)
        lost = ("[...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.getAttribute('href'))"
                ".filter(href => !document.getElementById(href.slice(1)))")
        self.assertEqual(self.browser.evaluate(lost), [])
        other = "[...document.querySelectorAll('a:not([href^=\"#\"])')].map(one => one.href)"
        self.assertEqual([url for url in self.browser.evaluate(other) if not url.startswith("https://")], [])

    def test_it_has_what_it_is_for(self):
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('svg text').length"), 11)
        titles = self.browser.evaluate("[...document.querySelectorAll('h2')].map(one => one.innerText)")
        for title in ("An attack, twice", "Install", "What it stops, and what not", "What it costs"):
            self.assertIn(title, titles)
        summaries = self.browser.evaluate(
            "[...document.querySelectorAll('summary')].map(one => one.innerText)")
        self.assertEqual(summaries, ["sealwax(1)", "sealwax-policy(5)", "sealwax(3)"])

    def test_its_tables_are_those_of_the_tree(self):
        """Each row, as it is read: systems, ways to install, the attacker, costs."""
        rows = "[...document.querySelectorAll('table tr')].map(row => row.innerText)"
        shown = [bare(row) for row in self.browser.evaluate(rows)]
        for name, first, last in (("README.md", "run by", "not run"),
                                  ("scripts/packaging/NOTES.md", "distribution", "Alpine"),
                                  ("SECURITY.md", "who", "owns the image"),
                                  ("README.md", "a start with", "heaptrack"),
                                  ("README.md", "what", "mmap, mprotect and munmap")):
            rows = table(name, first)
            self.assertTrue(rows[-1].startswith(bare(last)), rows)
            self.assertEqual([row for row in rows if row not in shown], [])

    def test_nothing_is_wider_than_the_window(self):
        self.browser.evaluate("[...document.querySelectorAll('details')].map(one => one.open = true)")
        for _, _, width in self.browser.looks():
            self.assertLessEqual(
                self.browser.evaluate("document.documentElement.scrollWidth"), width)

    def test_text_can_be_read_by_day_and_by_night(self):
        for _, _, _ in self.browser.looks():
            self.assertGreaterEqual(self.browser.evaluate(CONTRAST), 4.5)  # WCAG 2.1, level AA

    def test_pictures(self):
        folder = os.environ.get("SEALWAX_PICTURES", self.folder)
        for path in self.browser.pictures(folder, "site-"):
            with open(path, "rb") as file:
                self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")


if __name__ == "__main__":
    unittest.main()
