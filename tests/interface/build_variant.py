#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles and links a test program the way that a foreign build system would.

    build_variant.py [--library] OUTPUT INCLUDE 'COMPILER FLAG...' SOURCE...

With --library all but the last source become a shared object beside the program. Warnings are
errors: the header has to be clean where others include it.
"""

import subprocess
import sys
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow",
            "-Wundef", "-Werror"]


def main() -> int:
    words = sys.argv[1:]
    library = words[0] == "--library"
    output, include, compiler, *sources = words[1:] if library else words
    command = [*compiler.split(), *WARNINGS, "-D_GNU_SOURCE", "-I", include]
    if "gold" not in compiler:  # gold has another word for it
        command.append("-Wl,-z,separate-code")  # else constants lie with the code on aarch64
    if not library:
        return run([*command, *sources, "-o", output])
    shared = Path(output).with_suffix(".so")
    return (run([*command, "-fPIC", "-shared", f"-Wl,-soname,{shared.name}", *sources[:-1], "-o",
                 str(shared)])
            or run([*command, sources[-1], "-x", "none", str(shared), "-Wl,-rpath,$ORIGIN",
                    "-o", output]))


def run(command: list[str]) -> int:
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
