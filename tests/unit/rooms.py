# SPDX-License-Identifier: Apache-2.0
"""The house in which the sources live: its rooms, and who may use whom.

A file in src/ may include its own room's files and those of the rooms to the right of its own. Rooms
in one bracket are neighbours, and know nothing of each other.
"""

import pathlib
import re

# cli -> model <- shim: the two halves of Sealwax never include each other.
HALVES = {
    "cli": {"model", "outside", "deploy"},
    "outside": {"model"},
    "start": {"model", "outside", "deploy"},
    "shim": {"model"},
    "model": set(),
    "deploy": set(),
    "multilib": set(),
    "selftest": set(),
}

# "." is the folder itself. "commands/*": each folder there is a room, and the others' neighbour. A
# folder inside a room is part of it.
ROOMS = {
    "cli": [
        ["."],
        ["commands/*"],
        ["commands"],
        ["injection", "reports"],
        ["change", "exceptions", "inspection"],
        ["sealing"],
        ["elf", "process", "tracing"],
        ["system"],
        ["frame"],
        ["output"],
        ["arch"],
    ],
    "shim": [
        ["entry"],
        ["seal/start", "seal/late"],
        ["seal/object"],
        ["seal/move"],
        ["seal"],
        ["report"],
        ["state"],
        ["policy"],
        ["loader"],
        ["kernel"],
    ],
    "model": [["mapping"], ["policy", "object", "report"], ["."], ["arch"]],
    "outside": [["start"], ["seal"], ["calls"], ["kernel"], ["arch"]],
    "start": [["."]],
    "deploy": [["."]],
    "multilib": [["."]],
    "selftest": [["."]],
}

SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".S"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    """The half, the room's place in the order and its name, of a path below src/; None: no line."""
    half, *folders = pathlib.PurePosixPath(path).parent.parts or ("",)
    rows = ROOMS.get(half, [])
    for depth in range(len(folders), 0, -1):
        folder = "/".join(folders[:depth])
        beside = "/".join([*folders[: depth - 1], "*"])
        for row, rooms in enumerate(rows):
            if folder in rooms or beside in rooms:
                return half, row, folder
    for row, rooms in enumerate(rows):
        if not folders and "." in rooms:
            return half, row, "."
    return None


def includes(file):
    """Line number and name of what a file includes by its name in the house, or without one."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if found and (found[1] == '"' or found[2].split("/")[0] in HALVES):
            yield number, found[2]


def problem_of(user, used):
    """What is wrong with a file's include of another; None: nothing."""
    half, row, room = room_of(user)
    if used.split("/")[0] not in HALVES:
        return "is not named from src/"
    place = room_of(used)
    if place is None:
        return "is in no room"
    used_half, used_row, used_room = place
    if used_half != half:
        return None if used_half in HALVES[half] else f"{half} may not use {used_half}"
    if used_room == room or used_row > row:
        return None
    return f"{half}/{room} may not use {half}/{used_room}"


def sources(src):
    """The source files below `src`, as paths relative to it."""
    files = (path for path in sorted(src.rglob("*")) if path.suffix in SUFFIXES)
    return [path.relative_to(src).as_posix() for path in files]


def problems(src):
    """Each line that breaks the order, and each folder that has no line in the tables above."""
    found = {}
    for path in sources(src):
        if room_of(path) is None:
            folder = pathlib.PurePosixPath(path).parent
            found[f"src/{folder} has no line in tests/unit/rooms.py"] = True
            continue
        for number, used in includes(src / path):
            if problem := problem_of(path, used):
                found[f"src/{path}:{number} includes {used}: {problem}"] = True
    return list(found)


def empty_rooms(src):
    """The rooms in the tables in which nothing is."""
    present = {(half, room) for half, _, room in filter(None, map(room_of, sources(src)))}
    folders = {(half, f"{pathlib.PurePosixPath(room).parent}/*") for half, room in present}
    listed = {(half, room) for half, rows in ROOMS.items() for row in rows for room in row}
    return sorted(listed - present - folders)


NAMESPACE = re.compile(r"^namespace ([\w:]+) \{")
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)\b.*\{")


def types(file):
    """The types that a header defines outside of others, by their full names."""
    namespace = ""
    for line in file.read_text().splitlines():
        if found := NAMESPACE.match(line):
            namespace = found[1]
        elif found := TYPE.match(line):
            yield f"{namespace}::{found[1]}"


def types_twice(src):
    """Types of one name in two headers: the linker takes the one's members for the other's. Of
    several architectures a build has one."""
    places = {}
    for path in sources(src):
        if path.endswith(".hpp") and "arch" not in pathlib.PurePosixPath(path).parts:
            for name in types(src / path):
                places.setdefault(name, []).append(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}
