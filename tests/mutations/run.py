#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes one-line changes in the sources, one at a time, and says which of them no test notices:

    run.py [NAME...]         those of the file `changes`; without a NAME all

Each has to make a test of unit, attack or preload fail, or the compiler, or to be in the file
`equivalent`, with the reason why no program can tell. It happens to a copy of the tree, in
build/mutations. What was found out is kept there and not tried again while the copied files are the
same, so a run that was broken off goes on where it was.
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import typing

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
WORK = PROJECT / "build" / "mutations"
TREE = WORK / "source"
BUILD = WORK / "build"
FOUND = WORK / "found.json"
SUITES = ["unit", "attack", "preload"]  # the cheapest first


class Change(typing.NamedTuple):
    name: str
    file: str
    notices: str  # SUITE/TEST that is tried first
    old: str
    new: str


def read_changes():
    text = re.sub(r"^#.*\n", "", (HERE / "changes").read_text(), flags=re.MULTILINE)
    for block in re.split(r"\n\n+", text.strip()):
        head, old, new = block.split("\n")
        name, file, notices = head.split()
        assert old.startswith("- ") and new.startswith("+ "), block
        yield Change(name, file, notices, old[2:].strip(), new[2:].strip())


def read_equivalent():
    lines = (HERE / "equivalent").read_text().splitlines()
    rows = (line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    return {name: reason for name, reason in rows}


def changed(text, change):
    """The file's text with the change; the line has to be there once."""
    places = [line for line in text.splitlines(keepends=True) if line.strip() == change.old]
    if len(places) != 1:
        sys.exit(f"{change.name}: in {change.file} there are {len(places)} lines '{change.old}'")
    return text.replace(places[0], places[0].replace(change.old, change.new), 1)


def copy_tree():
    """Brings the copy in line with the tree; what is the same keeps its time, and is not built again."""
    listed = [path for path in PROJECT.rglob("*") if path.is_file() and not path.is_symlink()
              and not path.relative_to(PROJECT).parts[0].startswith((".git", "build"))]
    sum_of_all = hashlib.sha256()
    for path in sorted(listed):
        content = path.read_bytes()
        copy = TREE / path.relative_to(PROJECT)
        if not copy.exists() or copy.read_bytes() != content:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        shutil.copymode(path, copy)
        if path.relative_to(PROJECT).parts[0] in ("src", "tests") and not path.is_relative_to(HERE):
            sum_of_all.update(str(copy).encode() + b"\0" + content)
    for copy in [path for path in TREE.rglob("*") if path.is_file()]:
        if not (PROJECT / copy.relative_to(TREE)).exists():
            copy.unlink()
    return sum_of_all.hexdigest()


def build(*tests):
    """Whether what these tests need can be built: each a suite, or SUITE/TEST."""
    targets = subprocess.run([sys.executable, PROJECT / "scripts" / "targets.py", BUILD, *tests],
                             check=True, capture_output=True, text=True).stdout.split()
    return subprocess.run(["ninja", "-C", BUILD, *targets], stdout=subprocess.DEVNULL).returncode == 0


def set_up(tests):
    """Builds the tests that are tried first, and sees each pass where nothing is changed."""
    options = ["-Dcli=false", "-Doptimization=0", "-Ddebug=false", "-Dwerror=false"]
    again = ["--reconfigure"] if (BUILD / "build.ninja").exists() else []
    subprocess.run(["meson", "setup", *again, BUILD, TREE, *options], check=True,
                   stdout=subprocess.DEVNULL)
    for suite in SUITES:
        named = sorted(test for of, _, test in map(lambda at: at.partition("/"), tests) if of == suite)
        if named and not build(*(f"{suite}/{test}" for test in named)):
            sys.exit("the tests do not build without a change")
        if named and (failed := first_failure(suite, *named)):
            sys.exit(f"{failed} fails without a change")


def first_failure(suite, *tests):
    """The one that fails first of the named tests of a suite, or of all that are not slow."""
    which = tests or ("--no-suite", "slow")
    subprocess.run(["meson", "test", "-C", BUILD, "--no-rebuild", "--maxfail=1", "--logbase=mutation",
                    "--suite", suite, *which], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for line in (BUILD / "meson-logs" / "mutation.json").read_text().splitlines():
        entry = json.loads(line)
        if entry["result"] in ("FAIL", "TIMEOUT", "ERROR"):
            return f"{suite}/{entry['name'].split(' / ')[-1]}"
    return None


def who_notices(change):
    """`the compiler`, SUITE/TEST, or None: nobody."""
    file = TREE / change.file
    before = file.read_text()
    file.write_text(changed(before, change))
    try:
        for attempt in [change.notices, *SUITES]:
            if not build(attempt):
                return "the compiler"
            if found := first_failure(*attempt.split("/")):
                return found
        return None
    finally:
        file.write_text(before)


def chosen(names):
    changes = list(read_changes())
    known = [change.name for change in changes]
    unknown = (set(names) | set(read_equivalent())) - set(known)
    if unknown or len(set(known)) != len(known):
        sys.exit(f"not one change each: {' '.join(sorted(unknown)) or known}")
    for change in changes:
        changed((PROJECT / change.file).read_text(), change)
    return [change for change in changes if not names or change.name in names]


def main():
    changes = chosen(sys.argv[1:])
    equivalent = read_equivalent()
    TREE.mkdir(parents=True, exist_ok=True)
    tree = copy_tree()
    set_up({change.notices for change in changes if change.name not in equivalent})
    found = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    if found.get("tree") != tree:
        found = {"tree": tree}
    wrong = 0
    for change in changes:
        key = "\n".join(change)
        if key not in found:
            found[key] = who_notices(change)
            FOUND.write_text(json.dumps(found))
        noticed = found[key]
        if noticed is None and change.name in equivalent:
            print(f"{change.name}: equivalent: {equivalent[change.name]}", flush=True)
        elif noticed is not None and change.name not in equivalent:
            print(f"{change.name}: {noticed}", flush=True)
        else:
            wrong += 1
            print(f"{change.name}: {noticed or 'no test notices it'}, and it is "
                  f"{'' if change.name in equivalent else 'not '}listed as equivalent", flush=True)
    print(f"{len(changes)} changes, {wrong} of them not as they have to be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
