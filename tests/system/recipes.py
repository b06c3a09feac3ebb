#!/usr/bin/env python3
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

HERE = pathlib.Path(__file__).parent.resolve()
SOURCE = HERE.parents[1]
RECIPES = SOURCE / "scripts/deploy"


def instructions(recipe):
    """Name and arguments of each, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", recipe.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [line.split(" ", 1) for line in text.splitlines() if line]


def build(recipe, work):
    """Runs what is no package manager's, with the container's folders in the work folder."""
    for name, command in instructions(recipe):
        if name == "RUN" and not command.startswith("apt-get"):
            for folder, here in (("/src", SOURCE), ("/build", work / "build"), ("/out", work / "out")):
                command = re.sub(rf"(?<![\w/]){folder}\b", str(here), command)
            subprocess.run(["sh", "-ec", command], check=True, stdout=subprocess.DEVNULL)


def copied_library(recipe, work):
    """The file that the image gets, and the path that its programs are told to preload."""
    all_of_it = instructions(recipe)
    copies = [line.split() for name, line in all_of_it if name == "COPY" and "--from=build" in line]
    preload = next(line for name, line in all_of_it if name == "ENV" and "LD_PRELOAD=" in line)
    (*_, source, target), = copies
    if preload != f"LD_PRELOAD={target}":
        raise AssertionError(f"{recipe.name} copies to {target}, and says {preload}")
    return work / source.lstrip("/")


def sealed_mappings(library, *command):
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    return int(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)


def check_recipe(name, work, command):
    recipe = RECIPES / f"Containerfile.{name}"
    build(recipe, work)
    count = sealed_mappings(copied_library(recipe, work), *command)
    if count == 0:
        raise AssertionError(f"{recipe.name}: nothing is sealed")
    print(f"{recipe.name}: {count} mappings sealed")


def main():
    work = pathlib.Path(sys.argv[1])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    check_recipe("debian", work, ["grep", "-c", "^VmFlags:.* sl", "/proc/self/smaps"])
    program = work / "count_seals"
    subprocess.run([sys.argv[2], "-O1", "-o", program, HERE / "count_seals.c"], check=True)
    check_recipe("alpine", work, [program])


main()
