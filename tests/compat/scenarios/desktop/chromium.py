# SPDX-License-Identifier: Apache-2.0
"""Chromium, headless: a page with compiled JavaScript, WebAssembly, a worker and a canvas."""

import os

from box import find_program
from scenarios.desktop import visit

PACKAGES = ["chromium"]
TOLD = {"observe": ["chromium exec-gain"]}
PROGRAMS = ["chromium"]
EXCEPTIONS = ["chromium"]
EXPECTED = visit.EXPECTED


def run(box):
    page = visit.Page()
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = box.start(
        find_program("chromium"), "--headless", *sandbox, "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        f"--user-data-dir={box.folder}/profile", "--remote-debugging-port=0", page.address)
    box.note(page.answer(browser))
    box.remember_if_sealed(browser.pid)
