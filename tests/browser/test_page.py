# SPDX-License-Identifier: Apache-2.0
"""The page of `sealwax report --html` as its readers see it: in a browser, on a desk and on a phone,
by day and by night.

With SEALWAX_PICTURES=DIR the pictures stay there.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from browser import CONTRAST, Browser

SEALWAX = os.environ["SEALWAX"]
HOSTILE = "</style><script>document.title='bad'</script><img src=http://192.0.2.1/x>'\"&"

def regions(sealed):
    return {"text": {"mappings": 2, "bytes": 100, "sealed_mappings": 1, "sealed_bytes": sealed}}


def process(exe, sealed, findings=(), notes=(), counts=None):
    return {"pid": 7, "exe": exe, "readable": True, "findings": list(findings), "notes": list(notes),
            "counts": counts, "regions": regions(sealed)}


STATUS = {
    "schema": "sealwax-status 1",
    "processes": [
        process("/usr/sbin/nginx", 100),
        process("/usr/bin/" + "long-name-" * 20, 40, ["text", "relro"],
                ["it is older than the policy"], {"waiting": 3, "left_open": 0}),
        process("/usr/bin/" + HOSTILE, 0, ["text"]),
        {"pid": 8, "exe": None, "readable": False, "regions": {}},
    ],
    "errors": [],
    "ok": False,
}
POLICY = """sealwax-policy 1

[defaults]
mode = audit

# Copies its code onto huge pages.
[object /usr/bin/node]
only-in = /usr/bin/node
seal = -text
"""


def finding(day, count, host, **fields):
    return {"verdict": "would be refused", "event": "would-refuse", "program": "/usr/bin/php",
            "call": "mprotect", "object": "/usr/lib/x.so", "region": "text", "caller": "x.so+0x12",
            "message": None, "count": count, "hosts": [host], "users": [], "days": {day: count},
            "first": 1717232400, "last": 1717232460, "sender": "program", **fields}


def report(*findings):
    return {"schema": "sealwax-report-summary 1", "ok": False, "lines": 1, "findings": list(findings)}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sealwax-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        documents = []
        for name, document in (
            ("web1-status.json", STATUS),
            ("web2-status.json", {**STATUS, "processes": STATUS["processes"][:1]}),
            ("web1-report.json", report(finding("2026-11-29", 3, "here"))),
            ("web2-report.json", report(finding("2026-11-30", 9, "here"),
                                        finding("2026-11-30", 1, "here", object=HOSTILE))),
            ("web2.conf", POLICY),
        ):
            path = os.path.join(cls.folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(document if isinstance(document, str) else json.dumps(document))
            documents += ["--document", path]
        cls.page = os.path.join(cls.folder, "page.html")
        subprocess.run([SEALWAX, "report", "--html", cls.page, *documents], check=False,
                       stdout=subprocess.DEVNULL)
        cls.browser = Browser(cls.folder)
        cls.addClassCleanup(cls.browser.close)
        cls.browser.show(cls.page)

    def test_nothing_is_fetched_and_nothing_runs(self):
        requests = [one["request"]["url"] for one in self.browser.named("Network.requestWillBeSent")]
        self.assertEqual(requests, [f"file://{self.page}"])
        self.assertEqual(self.browser.named("Log.entryAdded"), [])
        self.assertEqual(self.browser.evaluate("document.scripts.length"), 0)
        self.assertEqual(self.browser.evaluate("document.images.length"), 0)
        self.assertEqual(self.browser.evaluate("document.title"), "Sealwax: web1, web2")

    def test_nothing_is_wider_than_the_window(self):
        for _, _, width in self.browser.looks():
            self.assertLessEqual(
                self.browser.evaluate("document.documentElement.scrollWidth"), width
            )

    def test_text_can_be_read_by_day_and_by_night(self):
        grounds = set()
        for _, _, _ in self.browser.looks():
            self.assertGreaterEqual(self.browser.evaluate(CONTRAST), 4.5)  # WCAG 2.1, level AA
            grounds.add(
                self.browser.evaluate("getComputedStyle(document.body).backgroundColor")
            )
        self.assertEqual(len(grounds), 2)

    def test_bars_are_as_long_as_the_shares(self):
        for _, _, _ in self.browser.looks():
            shares = self.browser.evaluate(
                "[...document.querySelectorAll('.track')].map(one => Math.round(100 * "
                "one.firstChild.getBoundingClientRect().width / one.getBoundingClientRect().width))"
            )
            self.assertEqual(shares, [0, 40, 100])

    def test_each_thing_has_room(self):
        """No cell or bar reaches out of the page's column."""
        for _, _, _ in self.browser.looks():
            self.assertEqual(
                self.browser.evaluate(
                    "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect()"
                    ".right > document.body.getBoundingClientRect().right + 1 || "
                    "one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)"
                    ".map(one => one.outerHTML)"
                ),
                [],
            )

    def test_days_are_as_high_as_their_calls(self):
        heights = self.browser.evaluate(
            "[...document.querySelectorAll('.days span')].map(one => one.clientHeight)"
        )
        self.assertEqual(len(heights), 2)
        self.assertAlmostEqual(heights[1] / heights[0], 10 / 3, delta=0.4)

    def test_rows_are_cards_on_a_phone(self):
        displays = []
        for _, dark, _ in self.browser.looks():
            if not dark:
                displays.append(
                    self.browser.evaluate("getComputedStyle(document.querySelector('td')).display")
                )
        self.assertEqual(displays, ["table-cell", "block"])

    def test_all_is_told(self):
        text = self.browser.evaluate("document.body.innerText")
        for part in ("it is older than the policy; 3 libraries that are closed again and again wait",
                     "libsealwax.so is not in it, or is of another version", "text relro", "mprotect of text", "x.so+0x12",
                     "Copies its code onto huge pages.", "[object /usr/bin/node]", "web1, web2",
                     "1 process could not be looked into", HOSTILE):
            self.assertIn(part, text)

    def test_pictures(self):
        folder = os.environ.get("SEALWAX_PICTURES", self.folder)
        for path in self.browser.pictures(folder):
            with open(path, "rb") as file:
                self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")


if __name__ == "__main__":
    unittest.main()
