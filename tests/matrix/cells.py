# SPDX-License-Identifier: Apache-2.0
"""What a run on another system showed, for the table of systems that scripts/make-systems writes."""

import dataclasses
import datetime
import json
import pathlib


@dataclasses.dataclass
class Cell:
    kind: str  # kernel, C library, architecture, compiler
    name: str
    versions: str  # what it ran on: Linux, C library, page size
    ran: str
    sealed: int  # mappings of the program that counts them, preloaded
    open: int  # of it bare; what the kernel seals by itself
    # From a program's exec to its end, the median of many in turn. An emulator's say nothing.
    bare_us: int | None = None
    preloaded_us: int | None = None


@dataclasses.dataclass
class Beside:
    """A real program at work, under each of the policies in place of bare."""
    name: str
    versions: str  # of its packages
    ran: str
    default: str
    observe: str
    strict: str
    kind: str = "beside"


def record(folder, cell):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    text = json.dumps({**dataclasses.asdict(cell), "date": today.isoformat()}, indent=1)
    name = "".join(letter if letter.isalnum() else "-" for letter in f"{cell.kind} {cell.name}")
    (folder / f"{name}.json").write_text(text + "\n")


def record_guest(folder, kind, name, ran, parts, more=""):
    """`parts`: of what a guest said, with witness.COUNTS in it."""
    bare, preloaded, release = parts["counts"]
    record(folder, Cell(kind, name, f"Linux {release}{more}", ran, int(preloaded), int(bare)))
