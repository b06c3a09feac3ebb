# SPDX-License-Identifier: Apache-2.0
"""Samba: files put, listed and fetched by its client, a folder made, and a user with a wrong password."""

from box import find_program, free_port
from own_system import System

PACKAGES = ["samba", "smbclient"]
PROGRAMS = ["smbd"]
EXPECTED = ["came back: True", "on the server: folder, words", "wrong password: NT_STATUS_LOGON_FAILURE"]
WORDS = "words of wax\n" * 20000
PREPARATION = """
useradd --no-create-home waxer
mkdir -p -m 777 /var/share /run/samba
mkdir -p /var/lib/samba/private /var/cache/samba /var/log/samba
cat >/etc/samba/smb.conf <<'END'
[global]
  smb ports = {port}
  interfaces = lo
  bind interfaces only = yes
  disable netbios = yes
  disable spoolss = yes
  load printers = no
  server role = standalone server
[share]
  path = /var/share
  read only = no
END
printf 'wax\\nwax\\n' | smbpasswd -L -s -a waxer >/dev/null
"""


def run(box):
    port = free_port()
    system = System(box, PREPARATION.format(port=port))
    system.start(find_program("smbd"), "--foreground", "--no-process-group", "--debug-stdout")
    box.write("words", WORDS)

    def client(commands, password="wax"):
        process = system.start(find_program("smbclient"), "-p", str(port), "-U", f"waxer%{password}",
                               "//127.0.0.1/share", "-c", commands)
        return "".join(process.communicate(timeout=120))

    box.wait_until(lambda: "blocks" in client("ls"), seconds=60)
    client("put words; mkdir folder; get words returned")
    box.note("came back:", (box.folder / "returned").read_text() == WORDS)
    box.note("on the server:", ", ".join(sorted(path.name for path in system.file("/var/share").iterdir())))
    failure = client("ls", password="wrong")
    box.note("wrong password:", *(word for word in failure.split() if word.startswith("NT_")))
    box.remember_if_sealed(*system.processes("smbd"))
