# SPDX-License-Identifier: Apache-2.0
"""Work for the python3 scenario: extension modules, closures made at run time, threads, children."""

import bz2
import ctypes
import decimal
import hashlib
import lzma
import multiprocessing
import pwd
import socket
import sqlite3
import ssl
import threading
import zlib

TEXT = b"".join(b"line %d\n" % number for number in range(20000))


def use_sqlite():
    database = sqlite3.connect(":memory:")
    database.create_function("double", 1, lambda number: 2 * number)
    database.execute("create table numbers (n integer)")
    database.executemany("insert into numbers values (?)", ((n,) for n in range(20000)))
    return database.execute("select sum(double(n)), count(distinct n % 97) from numbers").fetchone()


def use_tls():
    """A handshake in memory. The anonymous cipher needs no certificate."""
    contexts = []
    for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
        contexts.append(context)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = contexts[0].wrap_bio(to_client, to_server)
    server = contexts[1].wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    client.write(b"over the wire")
    return server.read().decode(), client.cipher()[0]


def use_ctypes():
    """libffi makes the comparison function's machine code at run time."""
    libc = ctypes.CDLL(None)
    numbers = (ctypes.c_int * 1000)(*((n * 7919) % 1000 for n in range(1000)))
    comparison = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)
    )
    libc.qsort(numbers, 1000, 4, comparison(lambda a, b: a[0] - b[0]))
    return list(numbers) == list(range(1000))


def compress_and_back():
    return [
        len(module.compress(TEXT)) < len(TEXT) // 4
        and module.decompress(module.compress(TEXT)) == TEXT
        for module in (zlib, bz2, lzma)
    ]


def digest(number):
    return hashlib.sha256(b"%d" % number * 1000).hexdigest()[:8]


def use_processes(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        return hashlib.md5("".join(pool.map(digest, range(200))).encode()).hexdigest()


def use_threads():
    results = [None] * 8

    def work(place):
        results[place] = zlib.crc32(TEXT * 5, place)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(set(results))


def use_name_services():
    """glibc loads its NSS modules for these."""
    addresses = {entry[4][0] for entry in socket.getaddrinfo("127.0.0.1", 80)}
    return pwd.getpwuid(0).pw_name, addresses


def main():
    decimal.getcontext().prec = 50
    print("sqlite3", use_sqlite())
    print("ssl", use_tls())
    print("ctypes", use_ctypes())
    print("compression", compress_and_back())
    print("decimal", decimal.Decimal(2).sqrt())
    print("threads", use_threads())
    print("names", use_name_services())
    for method in ("fork", "spawn"):
        print("multiprocessing", method, use_processes(method))


if __name__ == "__main__":
    main()
