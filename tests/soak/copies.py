# SPDX-License-Identifier: Apache-2.0
"""The three hundred libraries of the soak, as copies of one of each kind (see kinds.h)."""


LIBRARIES = 300
# What a copy has its own number in: its own name, and those of what it needs and loads.
NAMES = (b"soak_", b"need_", b"load_")
NEEDED = {"needing_by_rpath": "need_", "needing_by_runpath": "need_", "loading": "load_"}


def copy(original, path, number):
    content = original.read_bytes()
    for name in NAMES:
        content = content.replace(name + b"000", name + b"%03d" % number)
    path.write_bytes(content)


def make(folder, kinds, base):
    """`kinds`: the original of each, in the order of kinds.h; `base`: of what others need."""
    needed = folder / "needed"
    needed.mkdir(parents=True)
    for number in range(LIBRARIES):
        kind, original = list(kinds.items())[number % len(kinds)]
        copy(original, folder / f"soak_{number:03}.so", number)
        if kind in NEEDED:
            copy(base, needed / f"{NEEDED[kind]}{number:03}.so", number)
