# SPDX-License-Identifier: Apache-2.0
"""Prints what ninja has to build for some of the tests: targets.py BUILD SUITE[/TEST]..."""

import json
import os
import pathlib
import sys


def introspection(build, what):
    """What meson wrote when it set up the build (Meson's manual, IDE integration)."""
    return json.loads(pathlib.Path(build, f"meson-info/intro-{what}.json").read_text())


def is_wanted(test, names):
    suites = [suite.split(":")[-1] for suite in test["suite"]]
    return any(suite in names or f"{suite}/{test['name']}" in names for suite in suites)


def main():
    build, *names = sys.argv[1:]
    needed = {
        target
        for test in introspection(build, "tests")
        if is_wanted(test, names)
        for target in test["depends"]
    }
    for target in introspection(build, "targets"):
        if target["id"] in needed:
            print(*(os.path.relpath(file, build) for file in target["filename"]), sep="\n")


main()
