# SPDX-License-Identifier: Apache-2.0
"""Node.js: an addon that goes with one worker and comes anew with the next."""

from box import find_program

PACKAGES = ["nodejs"]
EXCEPTIONS = ["node-jit"]
TOLD = {"observe": ["node exec-gain"]}
PROGRAMS = ["node"]
EXPECTED = [
    *(f"worker {turn} 42" for turn in range(1, 9)),
    "together 42 42 42",
    "main 42",
]


def run(box):
    node = find_program("node", "nodejs")
    # What it calls is in node itself.
    addon = box.compile("addon.node", "node_addon.c", "-shared", "-fPIC")
    box.run(node, box.take("addons.js"), addon)
