"""Whether a server's throughput tells if it is sealed. A new server each run, by turns."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time

from figures import can_be_told, paired

SERVER_CPU, CLIENT_CPU = 0, 1

NGINX_CONFIGURATION = """
worker_processes 1;
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
def running_nginx(lab, assignments):
    """The process and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = lab.folder / "nginx"
    folder.mkdir(exist_ok=True)
    (folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(port=port))
    (folder / "file").write_text("0123456789" * 100)
    server = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"],
        env=lab.environment(assignments),
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}),
    )
    try:
        wait_for(lambda: answers(port))
        yield server, port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def nginx_load(seconds, port):
    load = ["wrk", "-t1", "-c16", f"-d{seconds}s", f"http://127.0.0.1:{port}/file"]
    return on_processor(CLIENT_CPU, load)


def nginx_run(lab, assignments):
    """Requests a second."""
    with running_nginx(lab, assignments) as (_, port):
        load = nginx_load(lab.rounds(3, 1), port)
        output = subprocess.run(load, check=True, stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", output).group(1))


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
