#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Copies a shared object and gives it program headers that the loader takes, though no linker makes
them.

    misshape.py FROM TO SHAPE

two-dynamic: a PT_DYNAMIC that leads to where nothing is, in front of the true one, which is the one
that glibc takes.
relro-past-end: its last segment, and the RELRO in it, go on for sixteen pages behind the file's end.
"""

import struct
import sys
from pathlib import Path

HEADER = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr: type, flags, offset, vaddr, paddr, filesz, ...
PT_LOAD, PT_DYNAMIC, PT_NOTE, PT_GNU_EH_FRAME, PT_GNU_RELRO = 1, 2, 4, 0x6474E550, 0x6474E552
BEHIND = 0x10000


def with_two_dynamic(headers: list[list[int]]) -> list[list[int]]:
    spare = next(h for h in headers if h[0] in (PT_NOTE, PT_GNU_EH_FRAME))
    headers.remove(spare)
    first_load = next(h for h in headers if h[0] == PT_LOAD)
    nowhere = first_load[3] + (1 << 40)
    false = [PT_DYNAMIC, 4, 8, nowhere, nowhere, 0x60, 0x60, 8]
    return [false, *headers]


def with_relro_past_end(headers: list[list[int]], size: int) -> list[list[int]]:
    last = [h for h in headers if h[0] == PT_LOAD][-1]
    last[5] = last[6] = size - last[2] + BEHIND
    for header in headers:
        if header[0] == PT_GNU_RELRO:
            header[5] = header[6] = last[3] + last[6] - header[3] & ~0xFFF
    return headers


def main() -> None:
    source, target, shape = sys.argv[1:]
    image = bytearray(Path(source).read_bytes())
    table, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    headers = [list(HEADER.unpack_from(image, table + i * HEADER.size)) for i in range(count)]
    if shape == "two-dynamic":
        headers = with_two_dynamic(headers)
    elif shape == "relro-past-end":
        headers = with_relro_past_end(headers, len(image))
    else:
        sys.exit(f"no such shape: {shape}")
    for i, header in enumerate(headers):
        HEADER.pack_into(image, table + i * HEADER.size, *header)
    Path(target).write_bytes(image)
    Path(target).chmod(0o755)


if __name__ == "__main__":
    main()
