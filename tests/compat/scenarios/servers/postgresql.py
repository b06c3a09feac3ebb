# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: a new cluster, pgbench's load from four clients beside a COPY, a procedural language and extensions that
are loaded late, created twice, and a clean end."""

import glob
import os
import shutil
import signal
import subprocess
import threading

from box import Missing, find_program

PACKAGES = ["postgresql"]
PROGRAMS = ["postgres"]
EXPECTED = ["initdb status 0", "accounts 100000", "sum 5050", "load status 0", "server status 0",
            "copied is what was sent: True"]
# Each with a question that its library answers.
EXTENSIONS = {
    "pg_trgm": ("select round(similarity('sealwax', 'sealwas')::numeric, 2)", "0.60"),
    "hstore": ("select 'a=>1,b=>2'::hstore -> 'b'", "2"),
    "pgcrypto": ("select encode(digest('wax', 'md5'), 'hex')", "6f96cbe1e77384f429dfce5f6072b105"),
    "fuzzystrmatch": ("select levenshtein('wax', 'tax')", "1"),
    "intarray": ("select sort('{3,1,2}'::int[])", "{1,2,3}"),
    "cube": ("select cube_distance('(0,0)', '(3,4)')", "5"),
}
EXPECTED += [f"{name}: {answer}" for name, (_, answer) in EXTENSIONS.items()]
FUNCTION = """
create function total(n int) returns int as $$
declare s int := 0;
begin for i in 1..n loop s := s + i; end loop; return s; end $$ language plpgsql;
"""


def tools():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not found:
        raise Missing("postgresql")
    return found[-1]


def run(box):
    bin = tools()
    # The server refuses to run as root.
    as_user = []
    if os.getuid() == 0:
        as_user = [find_program("setpriv"), "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(box.folder, "nobody", "nogroup")
    socket = str(box.folder)

    def quietly(*command):
        """Only how it ended can be compared: what it prints are times and numbers of processes."""
        process = box.start(*as_user, *command)
        output, errors = process.communicate(timeout=150)
        if process.returncode != 0:
            box.failures.append(f"{command}: {errors}")
        return process.returncode

    def begin(query):
        client = [f"{bin}/psql", "-h", socket, "-d", "postgres", "-U", "waxer", "-Atqc", query]
        return box.start(*as_user, *client, stdin=subprocess.PIPE)

    def ask(query, data=None):
        return begin(query).communicate(data, timeout=60)[0].strip()

    created = quietly(f"{bin}/initdb", "-D", "data", "-A", "trust", "-U", "waxer", "--no-sync")
    box.note("initdb status", created)
    server = box.start(
        *as_user, f"{bin}/postgres", "-D", "data", "-k", socket, "-c", "listen_addresses=", "-F"
    )
    box.wait_until(lambda: ask("select 1") == "1", seconds=60)
    box.remember_if_sealed(server.pid)
    pgbench = [f"{bin}/pgbench", "-h", socket, "-U", "waxer"]
    quietly(*pgbench, "-i", "-q", "postgres")
    ask("create table copied (number int, words text)")
    lines = "".join(f"{number}\twords of line {number}\n" for number in range(50000))
    copy = threading.Thread(target=ask, args=("copy copied from stdin", lines))
    copy.start()
    box.note("load status", quietly(*pgbench, "-c", "4", "-j", "2", "-t", "200", "postgres"))
    copy.join()
    box.note("copied is what was sent:", ask("copy copied to stdout") == lines.strip())
    box.note("accounts", ask("select count(*) from pgbench_accounts"))
    ask(FUNCTION)
    box.note("sum", ask("select total(100)"))
    for name, (question, _) in [*EXTENSIONS.items()] * 2:
        box.note(f"{name}:", ask(f"create extension {name}; {question}; drop extension {name} cascade"))
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=60)
    box.note("server status", server.returncode)
