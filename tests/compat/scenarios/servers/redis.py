# SPDX-License-Identifier: Apache-2.0
"""redis-server under redis-benchmark's load, with a script, a fork that saves, and a clean end."""

from box import find_program

PACKAGES = ["redis-tools"]
PROGRAMS = ["redis"]
EXPECTED = ["sum 5050", "Background saving started", "counted 10000", "saved True", "server status 0"]
OPTIONS = ["--port", "0", "--unixsocket", "redis.sock", "--daemonize", "no", "--loglevel", "warning"]
SCRIPT = "local s = 0; for i = 1, 100 do s = s + i end; return 'sum ' .. s"


def run(box):
    socket = str(box.folder / "redis.sock")
    # In Debian's redis-tools all programs are one file, which goes by the name it is called by.
    server = box.start(
        "redis-server",
        *OPTIONS,
        executable=find_program("redis-server", "redis-check-rdb"),
    )

    def client(*command):
        return box.run(find_program("redis-cli"), "-s", socket, *command)

    def benchmark(*arguments):
        """What it prints are timings; only its status can be compared."""
        tool = box.start(find_program("redis-benchmark"), "-s", socket, "-q", *arguments)
        tool.communicate(timeout=120)
        box.note("benchmark status", tool.returncode)

    box.wait_until((box.folder / "redis.sock").exists)
    box.remember_if_sealed(server.pid)
    benchmark("-n", "20000", "-P", "8", "-t", "set,get,incr,lpush,lrange_100,zadd,hset,mset")
    client("eval", SCRIPT, "0")
    client("flushall")
    benchmark("-n", "10000", "-c", "1", "-P", "50", "incr", "counter")
    box.note("counted", client("get", "counter").strip())
    client("bgsave")

    def saved():
        return (box.folder / "dump.rdb").exists()

    box.note("saved", box.wait_until(saved))
    box.remember_if_sealed(server.pid)
    client("shutdown", "nosave")
    output, errors = server.communicate(timeout=20)
    box.note("server status", server.returncode)
