# SPDX-License-Identifier: Apache-2.0
"""nginx with two workers, under wrk's load, and reloaded with a new configuration again and again
while requests come in."""

import gzip
import http.client
import os
import re
import signal
import threading

from box import children_of, find_program, free_port

PACKAGES = ["nginx-light"]
PROGRAMS = ["nginx"]
GENERATIONS = 5
EXPECTED = [f"generation {number}: answer {number} of 2 workers" for number in range(GENERATIONS)] + [
    "file 200 400000 bytes, 400000 out of gzip",
    "missing 404",
    "requests during reloads: all answered 200",
    "load during reloads: some, every answer 200",
    "server status 0",
]
CONFIGURATION = """
worker_processes 2;
daemon off;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  gzip on;
  gzip_types text/plain;
  client_body_temp_path temp;
  proxy_temp_path temp;
  fastcgi_temp_path temp;
  uwsgi_temp_path temp;
  scgi_temp_path temp;
  server {{
    listen 127.0.0.1:{port};
    root files;
    default_type text/plain;
    location = /generation {{ return 200 "{generation}"; }}
    location ~ ^/rewritten/(.*)$ {{ rewrite ^/rewritten/(.*)$ /$1 last; }}
  }}
}}
"""


class Server:
    def __init__(self, box):
        self.box = box
        self.port = free_port()
        self.configure(0)
        box.write("files/numbers.txt", "0123456789" * 40000)
        self.process = box.start(
            find_program("nginx"), "-p", str(box.folder), "-c", "nginx.conf", "-e", "error.log"
        )
        self.box.wait_until(self.is_complete)

    def configure(self, generation):
        text = CONFIGURATION.format(port=self.port, generation=generation)
        self.box.write("nginx.conf", text)

    def get(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.get("/generation")[0] == 200
        except ConnectionError:
            return False

    def is_complete(self):
        """The first worker answers before there is a second."""
        return self.answers() and len(children_of(self.process.pid)) == 2

    def reload(self, generation):
        old_workers = set(children_of(self.process.pid))
        self.configure(generation)
        self.process.send_signal(signal.SIGHUP)

        def renewed():
            workers = set(children_of(self.process.pid))
            return len(workers) == 2 and not workers & old_workers

        self.box.wait_until(renewed)


class Visitor(threading.Thread):
    """Keeps asking, from before the first reload until after the last."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.over = threading.Event()
        self.statuses = set()

    def run(self):
        while not self.over.is_set():
            self.statuses.add(self.server.get("/generation")[0])


class Load:
    """Whether connections that a reload closes count as errors is a matter of luck: a figure."""

    def __init__(self, box, port):
        self.box = box
        # It compiles as it runs, which is not what is tried here.
        self.process = box.start(find_program("wrk"), "-t1", "-c16", "-d600",
                                 f"http://127.0.0.1:{port}/generation", LD_PRELOAD="")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        output = self.process.communicate(timeout=30)[0]
        some = re.search(r"(\d+) requests in", output)
        self.box.measure("requests of wrk", some and some[1])
        self.box.measure("connections closed", "".join(re.findall("Socket errors: (.*)", output)))
        self.box.note("load during reloads:", "some," if some and int(some[1]) > 0 else "none,",
                      *re.findall("Non-2xx.*", output) or ["every answer 200"])


def look_at_generation(box, server, number):
    workers = children_of(server.process.pid)
    box.remember_if_sealed(server.process.pid, *workers)
    answer = server.get("/generation")[1].decode()
    box.note(f"generation {number}: answer {answer} of {len(workers)} workers")


def look_at_files(box, server):
    status, body = server.get("/numbers.txt")
    packed = server.get("/rewritten/numbers.txt", **{"Accept-Encoding": "gzip"})[1]
    box.note(f"file {status} {len(body)} bytes, {len(gzip.decompress(packed))} out of gzip")
    box.note("missing", server.get("/missing")[0])


def run(box):
    os.makedirs(box.folder / "temp")
    server = Server(box)
    look_at_generation(box, server, 0)
    visitor = Visitor(server)
    visitor.start()
    load = Load(box, server.port)
    try:
        for number in range(1, GENERATIONS):
            server.reload(number)
            look_at_generation(box, server, number)
    finally:
        visitor.over.set()
        visitor.join()
    load.end()
    box.note("requests during reloads: all answered", *visitor.statuses)
    look_at_files(box, server)
    server.process.send_signal(signal.SIGQUIT)
    server.process.communicate(timeout=20)
    box.note("server status", server.process.returncode)
