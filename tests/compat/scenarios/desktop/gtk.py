# SPDX-License-Identifier: Apache-2.0
"""A GTK program under Xvfb: a window, whose input methods and picture loaders are loaded late, drawn and closed."""

from box import find_program
from scenarios.desktop import display

PACKAGES = ["gir1.2-gtk-3.0", "python3-gi", "xvfb", "xauth"]
# libffi asks for new code, and does without.
TOLD = {"observe": ["python3 exec-gain"], "strict": ["python3 exec-gain"]}
PROGRAMS = ["python3"]
EXPECTED = ["drawn 200 x 100", "pressed", "closed"]


def run(box):
    display.run_under(box, find_program("python3"), box.take("window_gtk.py"))
