#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what sealing costs, and prints a table and then one JSON document.

    bench.py [--quick] [--readme FILE] --library LIBSEALWAX --tool SEALWAX [ROWS...]

Nothing is asserted: timings belong to the machine and the moment. --quick shows that it works;
--readme writes the table of costs into FILE, as far as its rows are measured.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform

import late_loads
import outside
import processes
import programs
import readme
import servers
from lab import Lab

GROUPS = {
    "start": processes.start,
    "closed": processes.closed,
    "calls": processes.system_calls,
    "libraries": processes.many_libraries,
    "relro": processes.big_programs,
    "programs": programs.programs,
    "memory": processes.memory,
    "interposed": processes.memory_calls,
    "policy": processes.policy_size,
    "late": late_loads.late_loads,
    "redis": servers.redis,
    "nginx": servers.nginx,
    "postgresql": servers.postgresql,
    "workers": servers.workers,
    "static": outside.static_programs,
    "running": outside.running_servers,
}


def describe(row):
    interval = f"{row.interval[0]:.2f} .. {row.interval[1]:.2f}" if row.interval else ""
    limit = f"<= {row.limit:g}" if row.limit is not None else ""
    remark = row.remark
    if row.limit is not None and row.value > row.limit:
        remark = "; ".join(filter(None, ["over the limit", remark]))
    return [row.name, f"{row.value:.2f}", row.unit, interval, str(row.rounds or ""), limit, remark]


def table(rows):
    heads = ["what", "median", "unit", "95 % interval", "rounds", "limit", "remark"]
    lines = [heads, *map(describe, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        cells = [
            cell.rjust(width) if column == 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        yield "  ".join(cells).rstrip()


def document(rows, quick):
    return {
        "schema": 1,
        "kernel": platform.release(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "processors": os.cpu_count(),
        "quick": quick,
        "rows": [dataclasses.asdict(row) for row in rows],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--readme", type=pathlib.Path)
    parser.add_argument("--library", required=True)
    parser.add_argument("--tool", required=True)
    parser.add_argument("groups", nargs="*", metavar="ROWS", help=" ".join(GROUPS))
    options = parser.parse_args()
    unknown = [name for name in options.groups if name not in GROUPS]
    if unknown:
        parser.error(f"there are no rows '{unknown[0]}'; there are: {' '.join(GROUPS)}")

    lab = Lab(options.library, options.tool, options.quick)
    try:
        rows = [row for name in options.groups or GROUPS for row in GROUPS[name](lab)]
    finally:
        lab.close()
    print("\n".join(table(rows)))
    print()
    print(json.dumps(document(rows, options.quick)))
    if options.readme is not None:
        readme.write(options.readme, rows)


main()
