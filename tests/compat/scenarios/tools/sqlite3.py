# SPDX-License-Identifier: Apache-2.0
"""The sqlite3 shell with a database file: bulk inserts, windows, full text, vacuum."""

import pathlib

from box import find_program

PACKAGES = ["sqlite3"]
PROGRAMS = ["sqlite3"]
EXPECTED = ["found", "ok", "49993"]


def run(box):
    script = pathlib.Path(box.take("report.sql")).read_text()
    box.run(find_program("sqlite3"), str(box.folder / "sales.db"), input=script)
