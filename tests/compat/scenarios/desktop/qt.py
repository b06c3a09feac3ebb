# SPDX-License-Identifier: Apache-2.0
"""A Qt program under Xvfb: a window, by the platform plugin that is loaded late, pictures by others, drawn and closed."""

from box import find_program
from scenarios.desktop import display

PACKAGES = ["python3-pyqt5", "xvfb", "xauth"]
PROGRAMS = ["python3"]
EXPECTED = ["platform xcb", "drawn 200 x 100", "pressed", "closed"]


def run(box):
    display.run_under(box, find_program("python3"), box.take("window_qt.py"))
