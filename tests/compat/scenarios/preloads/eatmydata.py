# SPDX-License-Identifier: Apache-2.0
"""eatmydata: a database without a wait for its disk, by a library on either side of the shim."""

from box import find_program
from scenarios.preloads import orders

PACKAGES = ["eatmydata", "sqlite3"]
PROGRAMS = ["sqlite3"]
EXPECTED = ["500|125250", "ok"]
SCRIPT = "".join(["drop table if exists numbers; create table numbers (n int);\n",
                  *(f"insert into numbers values ({number});\n" for number in range(1, 501)),
                  "select count(*), sum(n) from numbers; pragma integrity_check;\n"])


def run(box):
    library = orders.find("*/libeatmydata.so")
    for preload in orders.both(box, library):
        box.run(find_program("sqlite3"), str(box.folder / "database"), input=SCRIPT, LD_PRELOAD=preload)
