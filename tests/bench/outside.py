# SPDX-License-Identifier: Apache-2.0
"""What it costs to be sealed from outside: static programs as they start, and servers that run."""

import json
import os
import subprocess
import time

import servers
from figures import Row, differences, paired
from lab import HERE

MICROSECONDS = "µs"
BUSYBOX = "/usr/bin/busybox"
FOLLOWED = 20


def wall_times(lab, rounds, *commands):
    """Microseconds from spawn to end: a list of rounds, each with one figure for each command."""
    program = lab.compile("wall_clock", [HERE / "wall_clock.c"])
    words = [word for command in commands for word in ["--", *command]][1:]
    output = subprocess.run([program, str(rounds), *words], env=lab.environment(lab.bare),
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    return [[int(word) / 1000 for word in line.split()] for line in output.splitlines()]


def run_by(lab, *options):
    return [lab.tool, "run", "--library", lab.library, *options]


def static_programs(lab):
    """By the clock, since a program waits while it is sealed."""
    static = [BUSYBOX, "true"]
    times = wall_times(lab, lab.rounds(500), static, [*run_by(lab), "/bin/true"],
                       [*run_by(lab), *static])
    rows = [
        paired("static program, plain exec", [line[0] for line in times], MICROSECONDS),
        paired("static program, run over plain exec", differences(times, 2, 0), MICROSECONDS,
               limit=1000),
        paired("static program, run over run of /bin/true", differences(times, 2, 1), MICROSECONDS),
    ]
    return rows + (followed(lab) if os.geteuid() == 0 else [])


def followed(lab):
    """What each exec of a static program costs more under --follow."""
    script = f'n=0; while [ "$n" -lt {FOLLOWED} ]; do {BUSYBOX} true; n=$((n + 1)); done'
    shell, none = ["/bin/sh", "-c", script], ["/bin/sh", "-c", ":"]
    follow = run_by(lab, "--follow")
    times = wall_times(lab, lab.rounds(50), none, shell, [*follow, *none], [*follow, *shell])
    more = [((line[3] - line[2]) - (line[1] - line[0])) / FOLLOWED for line in times]
    return [paired("static program, each one that is followed", more, MICROSECONDS, limit=1000)]


def stops_of_workers(lab, load):
    """Milliseconds for which each worker of a new nginx stood still."""
    with servers.running_nginx(lab, lab.bare, 1) as (server, port):
        client = None
        if load:
            client = subprocess.Popen(servers.nginx_load(2, port), stdout=subprocess.DEVNULL)
            time.sleep(0.5)
        outcome = subprocess.run([lab.tool, "seal", "--json", *servers.children_of(server.pid)],
                                 env=lab.environment(lab.bare), check=True,
                                 stdout=subprocess.PIPE, text=True)
        if client is not None:
            client.wait()
    return [entry["stopped_ms"] for entry in json.loads(outcome.stdout)["processes"]]


def running_servers(lab):
    if os.geteuid() != 0:  # whose workers are another user's, or whom Yama lets trace nobody
        return []
    rows = []
    for name, load, limit in (("idle", False, 1), ("under wrk", True, 5)):
        stops = [stop for _ in range(lab.rounds(30, 2)) for stop in stops_of_workers(lab, load)]
        rows += [
            paired(f"seal of nginx, {name}: stopped", stops, "ms", limit=limit),
            Row(f"seal of nginx, {name}: stopped at most", max(stops), "ms", limit=15),
        ]
    return rows
