# SPDX-License-Identifier: Apache-2.0
"""Whether a server's throughput tells if it is sealed. A new server each run, by turns."""

import contextlib
import glob
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time

from figures import Row, can_be_told, paired

SERVER_CPU, CLIENT_CPU = 0, 1

NGINX_CONFIGURATION = """
worker_processes {workers};
daemon off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path .;
  proxy_temp_path .;
  fastcgi_temp_path .;
  uwsgi_temp_path .;
  scgi_temp_path .;
  server {{ listen 127.0.0.1:{port}; root .; default_type text/plain; }}
}}
"""


def on_processor(number, command):
    return ["taskset", "-c", str(number), *command]


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(condition.__name__)
        time.sleep(0.01)


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def redis_run(lab, assignments):
    """GETs a second."""
    path = lab.folder / "redis.sock"
    path.unlink(missing_ok=True)
    program = "/usr/bin/redis-check-rdb"  # redis-server is a link to it in another package
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--loglevel", "warning"]
    server = subprocess.Popen(
        ["redis-server", *options],
        executable=program,
        env=lab.environment(assignments),
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}),
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(path.exists)
        requests = str(lab.rounds(400000, 2000))
        load = ["redis-benchmark", "-s", str(path), "-t", "get", "-n", requests, "-P", "4", "--csv"]
        output = subprocess.run(
            on_processor(CLIENT_CPU, load), check=True, stdout=subprocess.PIPE, text=True
        ).stdout
    finally:
        server.terminate()
        server.wait()
    return float(re.search(r'"GET[^"]*","([0-9.]+)"', output).group(1))


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running_nginx(lab, assignments, workers):
    """Its master process, which has forked all its workers, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = lab.folder / "nginx"
    folder.mkdir(exist_ok=True)
    (folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(port=port, workers=workers))
    (folder / "file").write_text("0123456789" * 100)
    server = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"],
        env=lab.environment(assignments),
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}),
    )
    try:
        wait_for(lambda: answers(port))  # which the kernel does from before the first worker is there
        wait_for(lambda: len(children_of(server.pid)) == workers, 60)
        yield server, port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def nginx_load(seconds, port):
    load = ["wrk", "-t1", "-c16", f"-d{seconds}s", f"http://127.0.0.1:{port}/file"]
    return on_processor(CLIENT_CPU, load)


def nginx_run(lab, assignments):
    """Requests a second."""
    with running_nginx(lab, assignments, 1) as (_, port):
        load = nginx_load(lab.rounds(3, 1), port)
        output = subprocess.run(load, check=True, stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", output).group(1))


def as_server_user(folder):
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody", "nogroup")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def postgresql_run(lab, assignments):
    """Transactions a second; a cluster for all runs, a server for each."""
    tools = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    folder = lab.folder / "postgresql"
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    user = as_server_user(folder)

    def call(tool, *words, check=True):
        return subprocess.run(
            [*user, *on_processor(CLIENT_CPU, [f"{tools}/{tool}", *words])],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=check,
        )

    if is_new:
        call("initdb", "-D", "data", "-A", "trust", "-U", "waxer", "--no-sync")
    server = subprocess.Popen(
        [*user, f"{tools}/postgres", "-D", "data", "-k", folder, "-c", "listen_addresses=", "-F"],
        cwd=folder,
        env=lab.environment(assignments),
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: call("pg_isready", "-h", folder, check=False).returncode == 0, 60)
        client = ["-h", folder, "-U", "waxer", "postgres"]
        if is_new:
            call("pgbench", "-i", "-q", *client)
        seconds = str(lab.rounds(3, 1))
        load = call("pgbench", "-S", "-n", "-c", "4", "-T", seconds, *client).stdout
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
    return float(re.search(r"tps = ([0-9.]+)", load).group(1))


def proportional_memory(pid):
    """KiB, shared pages divided among those that share them."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"Pss:\s+(\d+) kB", rollup).group(1))


def workers_run(lab, assignments):
    """KiB of one of nginx's many workers, by the median."""
    count = lab.rounds(200, 4)
    with running_nginx(lab, assignments, count) as (server, _):
        return statistics.median(map(proportional_memory, children_of(server.pid)))


def compare(lab, name, run):
    """Percent, sealed against bare."""
    gains = []
    for turn in range(lab.rounds(20, 2)):
        order = [lab.bare, lab.shim] if turn % 2 == 0 else [lab.shim, lab.bare]
        speeds = {assignments is lab.shim: run(lab, assignments) for assignments in order}
        gains.append((speeds[True] / speeds[False] - 1) * 100)
    row = paired(name, gains, "% against bare")
    row.remark = "a difference can be told" if can_be_told(row) else "no difference can be told"
    return [row]


def redis(lab):
    return compare(lab, "redis-benchmark GET", redis_run)


def nginx(lab):
    return compare(lab, "nginx under wrk", nginx_run)


def postgresql(lab):
    return compare(lab, "PostgreSQL under pgbench -S", postgresql_run)


def workers(lab):
    bare, sealed = (workers_run(lab, assignments) for assignments in (lab.bare, lab.shim))
    name = "each of 200 nginx workers"
    return [
        Row(f"{name}, bare", bare, "KiB PSS"),
        Row(f"{name}, sealed", sealed, "KiB PSS", remark=f"{sealed - bare:+.0f} KiB"),
    ]
