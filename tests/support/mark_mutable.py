#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Copies a shared object and marks parts of it as mutable, as linkers do that know the mark.

    mark_mutable.py FROM TO POSITION TYPE:SYMBOL:OFFSET:SIZE...

Each mark takes the place of a program header that nothing here needs (the build ID's note, the
index for unwinding). POSITION says where in the table they go: `first`, `last` or `there`.
"""

import struct
import subprocess
import sys
from pathlib import Path

TYPES = {"gnu": 0x6474F555, "openbsd": 0x65A3DBE5}
SPARE = (4, 0x6474E550)  # PT_NOTE, PT_GNU_EH_FRAME
HEADER = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
READ_WRITE = 6


def main() -> None:
    source, target, position, *marks = sys.argv[1:]
    image = bytearray(Path(source).read_bytes())
    table, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    headers = [HEADER.unpack_from(image, table + i * HEADER.size) for i in range(count)]
    places = [i for i, header in enumerate(headers) if header[0] in SPARE]
    if len(places) < len(marks):
        sys.exit(f"{source}: {len(places)} headers to spare, {len(marks)} wanted")
    for place, mark in zip(places, marks):
        headers[place] = header_for(source, mark)
    if position != "there":
        ours = [header for header in headers if header[0] in TYPES.values()]
        others = [header for header in headers if header[0] not in TYPES.values()]
        headers = ours + others if position == "first" else others + ours
    for i, header in enumerate(headers):
        HEADER.pack_into(image, table + i * HEADER.size, *header)
    Path(target).write_bytes(image)
    Path(target).chmod(0o755)


def header_for(path: str, mark: str) -> tuple[int, ...]:
    kind, symbol, offset, size = mark.split(":")
    address = address_of(path, symbol) + int(offset, 0)
    return TYPES[kind], READ_WRITE, 0, address, address, 0, int(size, 0), 1


def address_of(path: str, symbol: str) -> int:
    listing = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        if line.split()[1:] and line.split()[-1] == symbol:
            return int(line.split()[0], 16)
    sys.exit(f"{path}: no symbol {symbol}")


if __name__ == "__main__":
    main()
