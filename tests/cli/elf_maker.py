# SPDX-License-Identifier: Apache-2.0
"""ELF files by hand: only what a loader looks at, every byte of it chosen."""

import platform
import struct

ET_REL, ET_EXEC, ET_DYN = 1, 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
PT_GNU_MUTABLE, PT_OPENBSD_MUTABLE = 0x6474F555, 0x65A3DBE5
R, W, X = 4, 2, 1

DT_NEEDED, DT_PLTRELSZ, DT_PLTGOT, DT_STRTAB, DT_SYMTAB, DT_STRSZ = 1, 2, 3, 5, 6, 10
DT_SYMENT, DT_INIT, DT_SONAME, DT_RPATH, DT_PLTREL, DT_TEXTREL = 11, 12, 14, 15, 20, 22
DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 29, 30, 0x6FFFFFFB
DT_RELA = 7
DF_TEXTREL, DF_1_NODEFLIB, DF_1_PIE = 4, 0x800, 0x8000000

EM_386, EM_X86_64, EM_AARCH64 = 3, 62, 183
MACHINES = {"x86_64": EM_X86_64, "aarch64": EM_AARCH64}
MACHINE = MACHINES[platform.machine()]
OTHER_MACHINE = next(value for value in MACHINES.values() if value != MACHINE)

PAGE = 0x1000


class Elf:
    """One page of headers and names, then the segments of `segments`, a page each unless said:
    (flags, pages in memory[, type]). `headers`: more program headers, as they are."""

    def __init__(self, type=ET_DYN, machine=MACHINE, bits=64, interpreter=None, needed=(),
                 soname=None, rpath=None, runpath=None, dynamic=(), segments=((R | X, 1),),
                 relro=None, stack=R | W, hook=True, symbols=(), headers=(), is_dynamic=True,
                 text=b""):
        self.bits = bits
        self.type, self.machine = type, machine
        self.strings = b"\0"
        self.symbols = [(0, 0)]
        self.entries = list(dynamic)
        self.is_dynamic = is_dynamic
        self.interpreter = interpreter
        self.segments, self.relro, self.stack = segments, relro, stack
        self.headers = list(headers)
        self.text = text
        for name in needed:
            self.entries.append((DT_NEEDED, self.string(name)))
        for tag, value in ((DT_SONAME, soname), (DT_RPATH, rpath), (DT_RUNPATH, runpath)):
            if value is not None:
                self.entries.append((tag, self.string(value)))
        if hook:
            self.entries.append((DT_INIT, PAGE))
            self.symbols.append((self.string("__gmon_start__"), 0))
        for name, section in symbols:
            self.symbols.append((self.string(name), section))

    def string(self, text):
        at = len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def word(self):
        return "Q" if self.bits == 64 else "I"

    def header(self, type, flags, offset, address, in_file, in_memory, align=PAGE):
        if self.bits == 64:
            return struct.pack("<IIQQQQQQ", type, flags, offset, address, address, in_file,
                               in_memory, align)
        return struct.pack("<IIIIIIII", type, offset, address, address, in_file, in_memory, flags,
                           align)

    def symbol(self, name, section):
        # Weak, of no type.
        if self.bits == 64:
            return struct.pack("<IBBHQQ", name, 0x20, 0, section, 0, 0)
        return struct.pack("<IIIBBH", name, 0, 0, 0x20, 0, section)

    def first_page(self, count):
        """What follows the program headers, and where each part of it is."""
        size = (64, 56) if self.bits == 64 else (52, 32)
        at = size[0] + size[1] * count
        places, body = {}, b""

        def put(name, data):
            nonlocal body
            body += b"\0" * (-(at + len(body)) % 8)
            places[name] = (at + len(body), len(data))
            body += data

        if self.interpreter is not None:
            put("interpreter", self.interpreter.encode() + b"\0")
        put("symbols", b"".join(self.symbol(*symbol) for symbol in self.symbols))
        put("strings", self.strings)
        entries = self.entries + [
            (DT_SYMTAB, places["symbols"][0]),
            (DT_SYMENT, 24 if self.bits == 64 else 16),
            (DT_STRTAB, places["strings"][0]),
            (DT_STRSZ, places["strings"][1]),
            (0, 0),
        ]
        put("dynamic", b"".join(struct.pack("<" + self.word() * 2, *e) for e in entries))
        put("text", self.text)
        assert at + len(body) <= PAGE
        return places, body

    def image(self):
        count = 1 + len(self.segments) + len(self.headers)
        count += self.is_dynamic + (self.interpreter is not None)
        count += (self.relro is not None) + (self.stack is not None)
        places, body = self.first_page(count)

        table = []
        if self.interpreter is not None:
            table.append(self.header(PT_INTERP, R, *[places["interpreter"][0]] * 2,
                                     *[places["interpreter"][1]] * 2, 1))
        table.append(self.header(PT_LOAD, R, 0, 0, PAGE, PAGE))
        address, data = PAGE, b""
        for flags, pages, *rest in self.segments:
            skipped = rest[0] if rest else 0
            address += skipped * PAGE
            table.append(self.header(PT_LOAD, flags, PAGE + len(data), address, PAGE, pages * PAGE))
            data += b"\0" * PAGE
            address += pages * PAGE
        if self.is_dynamic:
            table.append(self.header(PT_DYNAMIC, R, *[places["dynamic"][0]] * 2,
                                     *[places["dynamic"][1]] * 2, 8))
        if self.relro is not None:
            table.append(self.header(PT_GNU_RELRO, R, self.relro[0], self.relro[0], self.relro[1],
                                     self.relro[1], 1))
        if self.stack is not None:
            table.append(self.header(PT_GNU_STACK, self.stack, 0, 0, 0, 0, 16))
        table += [self.header(*header) for header in self.headers]
        assert len(table) == count

        ident = b"\x7fELF" + bytes([2 if self.bits == 64 else 1, 1, 1]) + b"\0" * 9
        sizes = (64, 56) if self.bits == 64 else (52, 32)
        head = ident + struct.pack("<HHI" + self.word() * 3 + "IHHHHHH", self.type, self.machine, 1,
                                   PAGE, sizes[0], 0, 0, sizes[0], sizes[1], count, 0, 0, 0)
        first = head + b"".join(table) + body
        return first + b"\0" * (PAGE - len(first)) + data


def patched(image, at, replacement):
    return image[:at] + replacement + image[at + len(replacement):]


def ld_so_cache(entries, kind):
    """An /etc/ld.so.cache of (name, path[, level of glibc-hwcaps])."""
    header, entry = 48, 24
    strings, places = b"", {}
    start = header + entry * len(entries)

    def place(text):
        nonlocal strings
        if text not in places:
            places[text] = start + len(strings)
            strings += text.encode() + b"\0"
        return places[text]

    levels = sorted({item[2] for item in entries if len(item) > 2})
    table = b""
    for name, path, *level in entries:
        hwcap = 1 << 62 | levels.index(level[0]) if level else 0
        table += struct.pack("<iIIIQ", kind, place(name), place(path), 0, hwcap)
    level_places = [place(level) for level in levels]
    end = start + len(strings)
    strings += b"\0" * (-end % 8)
    extension = start + len(strings)
    tail = b""
    if levels:
        tail = struct.pack("<IIIIII", 0xEAA42174, 1, 1, 0, extension + 24, 4 * len(levels))
        tail += struct.pack(f"<{len(levels)}I", *level_places)
    head = struct.pack("<20sIIB3xI12x", b"glibc-ld.so.cache1.1", len(entries), len(strings), 2,
                       extension if levels else 0)
    return head + table + strings + tail
