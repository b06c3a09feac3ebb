# SPDX-License-Identifier: Apache-2.0
"""The programs that tell what is sealed and what a start takes, and what they say."""

import pathlib

import archive

HERE = pathlib.Path(__file__).parent.resolve()
SOURCES = (HERE / "witness.c", HERE.parent / "system/count_seals.c")

SEALED = """\
the page of puts writable: mprotect: Operation not permitted
RELRO back to the file's bytes: madvise: Operation not permitted
the constant: as relocated
a module loaded late: yes
text: some sealed, none open
status 0""".splitlines()
UNSEALED = """\
the page of puts writable: mprotect: done
RELRO back to the file's bytes: madvise: done
the constant: lost
a module loaded late: yes
text: none sealed, some open
status 0""".splitlines()

# What a system says of itself for its cell; the program is in the folder `at`.
COUNTS = """
echo "=== counts"
{at}/count_seals
LD_PRELOAD={library} {at}/count_seals
uname -r
"""


def build_programs(folder, *options, compiler="gcc"):
    """The paths of both, built with the options of a C library that is not this machine's."""
    programs = []
    for source in SOURCES:
        programs.append(folder / source.stem)
        archive.run(compiler, "-O1", "-o", programs[-1], source, *options)
    return programs


def build_starts(path):
    archive.run("gcc", "-O1", "-static", "-o", path, HERE.parent / "everywhere/starts.c")
