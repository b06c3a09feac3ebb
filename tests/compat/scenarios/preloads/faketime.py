# SPDX-License-Identifier: Apache-2.0
"""faketime: another date for programs and their children, by a library on either side of the shim."""

from box import find_program
from scenarios.preloads import orders

PACKAGES = ["faketime"]
PROGRAMS = ["dash"]
EXPECTED = ["2001-02-03 04:05", "perl: 2001"]
SCRIPT = """date '+%Y-%m-%d %H:%M'; perl -e 'printf "perl: %d\\n", 1900 + (gmtime)[5]'; sleep 0.3"""


def run(box):
    find_program("perl")
    library = orders.find("*/faketime/libfaketime.so.1")
    for preload in orders.both(box, library):
        box.run(find_program("sh"), "-c", SCRIPT, LD_PRELOAD=preload, FAKETIME="@2001-02-03 04:05:06",
                FAKETIME_DONT_RESET="1")
