#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the library on the kernels and with the C libraries that this machine does not have, from each
compiler and beside what each linker makes, and notes what each showed for the table of systems.

    run.py --library LIBSEALWAX --faulty LIBRARY --libraries FOLDER --tool SEALWAX --cache FOLDER
           --cells FOLDER CASE

Packages come from the mirror of this machine's apt and are kept in the cache. The case `third` is a third
of those that take seconds, another one each day.
"""

import copy
import sys

import archive
import cases
import compilers
import kernels
import layouts
import libcs
import thirds


class Case:
    def __init__(self, options, scratch):
        self.library = options.library
        self.faulty = options.faulty
        self.tool = options.tool
        self.libraries = options.libraries
        self.cache = options.cache
        self.cells = options.cells
        self.scratch = scratch

    def archive(self, suite, architecture):
        return archive.Archive(self.cache, suite, architecture)


# Which boot nothing and build no kernel and no library.
SHORT = {"kernel-here": kernels.CASES["kernel-here"], **libcs.CASES, **layouts.CASES}


def todays_third(case):
    names = thirds.of_the_day(sorted(SHORT))
    print(f"Of {len(SHORT)} cases, by the day:", *names, flush=True)
    for name in names:
        mine = copy.copy(case)
        mine.scratch = case.scratch / name
        mine.scratch.mkdir()
        SHORT[name](mine)


CASES = {**kernels.CASES, **compilers.CASES, **SHORT, "third": todays_third}
sys.exit(cases.main(__doc__, CASES, Case, ("library", "faulty", "libraries", "tool", "cells")))
