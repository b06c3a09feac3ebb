# SPDX-License-Identifier: Apache-2.0
"""Firefox, headless: a page with compiled JavaScript, WebAssembly, a worker and a canvas."""

from box import find_program
from scenarios.desktop import visit

PACKAGES = ["firefox-esr"]
TOLD = {"observe": ["firefox exec-gain"]}
PROGRAMS = ["firefox-esr"]
EXCEPTIONS = ["firefox"]
EXPECTED = visit.EXPECTED


def run(box):
    page = visit.Page()
    (box.folder / "profile").mkdir()
    browser = box.start(find_program("firefox-esr"), "--headless", "--no-remote", "--profile",
                        f"{box.folder}/profile", page.address)
    box.note(page.answer(browser))
    box.remember_if_sealed(browser.pid)
