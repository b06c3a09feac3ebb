# SPDX-License-Identifier: Apache-2.0
"""Which ways to new code are open in a unit, by what new_code.sh prints."""

# What a unit's settings leave, and the argument filter of `exec-gain = closed` does not: pages that are
# mapped as code, and written to by a second mapping.
SHARED_PAGES = [
    "second_view_of_shared_memory",
    "shared_memory_written_by_a_child",
    "pages of the kernel: page_of_performance_events",
    "pages of the kernel: map_of_bpf",
    "huge pages: huge_shared_memory_written_by_a_child",
]
# Neither closes: what runs outside of the unit, and is its user's, has other mounts; what systemd opens for
# the unit has the system's; the kernel makes the stack of a program whose file wants that executable; and
# root can have systemd start what it likes.
LEFT = [
    "outside/tmp: file_that_was_written",
    "outside/tmp: file_executed",
    "executable stacks: stack_of_another_program",
    "the service manager: program_that_systemd_starts",
    "a file handed in: handed_in_file_mapped",
    "a file handed in: handed_in_file_executed",
]
# With the library the loader's __stack_prot is sealed (docs/LIMITS.md).
TAKEN = "executable stacks: stack_of_a_library_loaded_late"
# What not every kernel, C library and user has.
RARE = ("another architecture: ", "pages of the kernel: ", "huge pages: ", TAKEN, "/dev/mqueue: ", "/run/own: ",
        "the service manager: ")
FEWEST = 34


def open_ways(lines):
    """The names of those that ran, with their group or folder in front."""
    folder, ways = "", []
    for line in lines:
        if line.startswith("in "):
            folder = line.removeprefix("in ").removesuffix(":") + ": "
        elif line.endswith(": runs"):
            ways.append(folder + line.removesuffix(": runs"))
    return ways


def tried_ways(lines):
    return open_ways([line.replace(": refused", ": runs") for line in lines])


def table(said, user):
    """Of each mode, the ways that are open."""
    return {mode: open_ways(said(f"attack-{user}-{mode}")) for mode in ("bare", "default", "unit", "both")}


def wanted(bare):
    """What has to be open in each mode, where that is open in a unit with nothing set."""
    return {
        "default": [way for way in bare if way != TAKEN],
        "unit": [way for way in bare if way in SHARED_PAGES + LEFT],
        "both": [way for way in bare if way in LEFT],
    }


def check(expect, user, ways, tried):
    """`expect` takes what it is about, what is, and what should be."""
    usual = [way for way in tried if not way.startswith(RARE) and way not in ways["bare"]]
    expect(f"{user}, nothing set, refused", usual, [])
    for mode, left in wanted(ways["bare"]).items():
        expect(f"{user}, {mode}", ways[mode], left)
