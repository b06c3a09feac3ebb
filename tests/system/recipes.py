#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The recipes for containers, as far as no registry is needed: their build's commands are run as they
stand, and what comes out is preloaded under this machine's C library and under musl.

    recipes.py WORK [MUSL_GCC]
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import image  # makes the modules of matrix/ known
import archive

HERE = pathlib.Path(__file__).parent.resolve()
SOURCE = HERE.parents[1]
RECIPES = SOURCE / "scripts/deploy"


def instructions(recipe):
    """Name and arguments of each, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", recipe.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [line.split(" ", 1) for line in text.splitlines() if line]


def build(recipe, work):
    """Runs what is no package manager's, with the container's folders in the work folder. The tool is
    built by many other tests."""
    stage = ""
    for name, command in instructions(recipe):
        stage = command.split()[-1] if name == "FROM" else stage
        if stage == "tool":
            continue
        if name == "RUN" and not command.startswith("apt-get"):
            for folder, here in (("/src", SOURCE), ("/build", work / "build"), ("/out", work / "out")):
                command = re.sub(rf"(?<![\w/]){folder}\b", str(here), command)
            archive.run("sh", "-ec", command)


def copied_library(recipe, work):
    """The file that the image gets, and the path that its programs are told to preload."""
    all_of_it = instructions(recipe)
    copies = [line.split() for name, line in all_of_it if name == "COPY" and "--from=build" in line]
    preload = next(line for name, line in all_of_it if name == "ENV" and "LD_PRELOAD=" in line)
    (*_, source, target), = copies
    if preload != f"LD_PRELOAD={target}":
        raise AssertionError(f"{recipe.name} copies to {target}, and says {preload}")
    return work / source.lstrip("/")


def check_recipe(name, work, command):
    """The command prints how many of its mappings are sealed."""
    recipe = RECIPES / f"Containerfile.{name}"
    build(recipe, work)
    environment = {**os.environ, "LD_PRELOAD": str(copied_library(recipe, work))}
    counted = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if counted.stdout.strip() in ("", "0") or counted.stderr:
        raise AssertionError(f"{recipe.name}: nothing is sealed, or not silently: {counted}")
    print(f"{recipe.name}: {counted.stdout.strip()} mappings sealed")


def main():
    work = pathlib.Path(sys.argv[1])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    check_recipe("debian", work, ["grep", "-c", "^VmFlags:.* sl", "/proc/self/smaps"])
    program = work / "count_seals"
    archive.run(sys.argv[2], "-O1", "-o", program, HERE / "count_seals.c")
    check_recipe("alpine", work, [program])


main()
