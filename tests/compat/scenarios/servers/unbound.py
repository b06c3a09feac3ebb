# SPDX-License-Identifier: Apache-2.0
"""unbound with threads: names of its own answered by UDP, and anew after each of five reloads."""

import os
import signal
import socket
import struct

from box import find_program, free_port

PACKAGES = ["unbound"]
PROGRAMS = ["unbound"]
RELOADS = 5
EXPECTED = [f"generation {number}: host.wax is 192.0.2.{number}" for number in range(RELOADS + 1)] + ["server status 0"]
CONFIGURATION = """
server:
  interface: 127.0.0.1
  port: {port}
  num-threads: 2
  do-daemonize: no
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/log"
  module-config: "iterator"
  local-zone: "wax." static
  local-data: "host.wax. IN A 192.0.2.{number}"
remote-control:
  control-enable: no
"""


def ask(port):
    """The address that host.wax has (RFC 1035, 4.1)."""
    query = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + b"\4host\3wax\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        asking.connect(("127.0.0.1", port))
        try:
            asking.send(query)
            return socket.inet_ntoa(asking.recv(512)[-4:])
        except OSError:
            return None


def run(box):
    port = free_port()

    def configure(number):
        return box.write("unbound.conf", CONFIGURATION.format(folder=box.folder, port=port, number=number))

    server = box.start(find_program("unbound"), "-d", "-c", configure(0))
    for number in range(RELOADS + 1):
        if number > 0:
            configure(number)
            os.kill(server.pid, signal.SIGHUP)

        def renewed(wanted=f"192.0.2.{number}"):
            return ask(port) == wanted

        box.wait_until(renewed, seconds=60)
        box.note(f"generation {number}: host.wax is", ask(port))
        box.remember_if_sealed(server.pid)
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)
    box.note("server status", server.returncode)
