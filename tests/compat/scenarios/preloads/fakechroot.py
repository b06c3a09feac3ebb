# SPDX-License-Identifier: Apache-2.0
"""fakechroot: a program whose libraries come from another root directory, by a second preloaded
library, which wraps dlopen; on either side of the shim."""

import glob

from box import Missing, find_program

PACKAGES = ["fakechroot"]
PROGRAMS = ["which_root"]
EXPECTED = ["the other root's"]

LIBRARY = 'const char* whose(void) {{ return "{}"; }}\n'
PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char** arguments) {
  void* const library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  const char* (*const whose)(void) = library ? (const char* (*)(void))dlsym(library, "whose") : NULL;
  puts(whose ? whose() : dlerror());
  usleep(300000); /* long enough to be looked at */
}
"""


def run(box):
    libraries = glob.glob("/usr/lib/*/fakechroot/libfakechroot.so")
    if not libraries:
        raise Missing("libfakechroot.so")
    compiler = find_program("gcc", "clang")
    program = str(box.folder / "which_root")
    box.run(compiler, box.write("which_root.c", PROGRAM), "-o", program)
    library = box.folder / "libwhose.so"
    root = box.folder / "root"
    in_root = root / str(library).lstrip("/")
    for path, answer in (library, "this root's"), (in_root, "the other root's"):
        source = box.write(f"{path}.c", LIBRARY.format(answer))
        box.run(compiler, "-shared", "-fPIC", source, "-o", str(path))
    shim = box.environment.get("LD_PRELOAD", "")
    for preload in f"{shim} {libraries[0]}", f"{libraries[0]} {shim}":
        box.run(program, str(library), LD_PRELOAD=preload, FAKECHROOT="true",
                FAKECHROOT_BASE=str(root))
