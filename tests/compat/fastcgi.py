# SPDX-License-Identifier: Apache-2.0
"""Just enough of FastCGI 1.0 to have a script run and read its answer."""

import socket
import struct

BEGIN_REQUEST, PARAMS, STDIN, STDOUT = 1, 4, 5, 6
RESPONDER = 1


def record(kind, content):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name, value):
    assert len(name) < 128 and len(value) < 128  # longer ones have another form
    return bytes([len(name), len(value)]) + name.encode() + value.encode()


def read_exactly(stream, size):
    content = stream.read(size)
    if len(content) != size:
        raise ConnectionError("the answer ends in the middle")
    return content


def ask(address, script):
    """What a script answers, behind its headers."""
    parameters = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": script, "SCRIPT_NAME": "/script"}
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(address)
        client.sendall(
            record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, 0))
            + record(PARAMS, b"".join(pair(*item) for item in parameters.items()))
            + record(PARAMS, b"")
            + record(STDIN, b"")
        )
        stream = client.makefile("rb")
        answer = b""
        while True:
            _, kind, _, size, padding = struct.unpack("!BBHHBx", read_exactly(stream, 8))
            content = read_exactly(stream, size + padding)[:size]
            if kind != STDOUT:
                return answer.partition(b"\r\n\r\n")[2].decode()
            answer += content
            if size == 0:
                return answer.partition(b"\r\n\r\n")[2].decode()
