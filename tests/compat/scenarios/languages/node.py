# SPDX-License-Identifier: Apache-2.0
"""Node.js: workers, WebAssembly and a just-in-time compiler, in one process."""

from box import find_program

PACKAGES = ["nodejs"]
EXCEPTIONS = ["node-jit"]
TOLD = {"observe": ["node exec-gain"]}
PROGRAMS = ["node"]
EXPECTED = [
    "WebAssembly 1799970000",
    "workers 5133 9592 13848",
    "zlib true true",
    "fs 1500000 1500000",
]


def run(box):
    box.run(find_program("node", "nodejs"), box.take("workers.js"))
