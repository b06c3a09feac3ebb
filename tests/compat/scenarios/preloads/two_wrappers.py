# SPDX-License-Identifier: Apache-2.0
"""Two more preloaded libraries that stand in front of dlopen and dlsym, as VirtualGL's do, one of
which calls dlsym from its constructor; Sealwax's before, between and behind them."""

import platform

from box import find_program

PROGRAMS = ["asked_loader"]
EXPECTED = [
    "opened 42",
    "faker: faker, asked for 2",
    "dlfaker: dlfaker, asked for 2",
    # Each asks libc's dlsym, which it looks up by its version, and so passes over the other one.
    "faker: nobody, asked for 2",
    "dlfaker: nobody, asked for 2",
    "asked from a constructor: 1",
    "stranger: nobody",
]
# Of the version that glibc had dlsym in from its beginning on the machine.
FIRST_VERSIONS = {"x86_64": "GLIBC_2.2.5", "aarch64": "GLIBC_2.17"}


def run(box):
    version = f'-DSYMBOL_VERSION="{FIRST_VERSIONS[platform.machine()]}"'
    shared = ["-shared", "-fPIC", version]
    faker = box.compile(
        "faker.so", "wrapping_loader.c", *shared, "-DNAME=faker", "-DASKS_IN_CONSTRUCTOR"
    )
    dlfaker = box.compile("dlfaker.so", "wrapping_loader.c", *shared, "-DNAME=dlfaker")
    plugins = [
        box.compile(f"plugin{number}.so", "answer.c", "-shared", "-fPIC", f"-DANSWER={answer}")
        for number, answer in enumerate((42, 43))
    ]
    program = box.compile("asked_loader", "asked_loader.c")
    shim = box.environment.get("LD_PRELOAD", "")
    for pair in (faker, dlfaker), (dlfaker, faker):
        for place in range(3):
            preloads = [*pair[:place], shim, *pair[place:]]
            box.run(program, *plugins, LD_PRELOAD=" ".join(filter(None, preloads)))
