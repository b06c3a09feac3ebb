"""Prints what ninja has to build for some of the tests: targets.py BUILD SUITE[/TEST]..."""

import json
import os
import subprocess
import sys


def introspect(build, what):
    said = subprocess.run(
        ["meson", "introspect", f"--{what}", build], check=True, stdout=subprocess.PIPE
    ).stdout
    return json.loads(said)


def is_wanted(test, names):
    suites = [suite.split(":")[-1] for suite in test["suite"]]
    return any(name in names or f"{name}/{test['name']}" in names for name in suites)


def main():
    build, *names = sys.argv[1:]
    needed = {
        target
        for test in introspect(build, "tests")
        if is_wanted(test, names)
        for target in test["depends"]
    }
    for target in introspect(build, "targets"):
        if target["id"] in needed:
            print(*(os.path.relpath(file, build) for file in target["filename"]), sep="\n")


main()
