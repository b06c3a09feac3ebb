# SPDX-License-Identifier: Apache-2.0
"""Postfix and Dovecot: mails by SMTP and by sendmail, handed on by LMTP, and read by IMAP after a login by PAM."""

import imaplib
import smtplib

from box import Missing, find_program, free_port
from own_system import System

PACKAGES = ["postfix", "dovecot-imapd", "dovecot-lmtpd"]
PROGRAMS = ["master", "qmgr", "pickup", "dovecot", "auth", "imap"]
MAILS = [*(f"by SMTP {number}" for number in range(5)), *(f"by sendmail {number}" for number in range(3))]
EXPECTED = ["logged in: OK", *(f"mail: {mail}, its words are there: True" for mail in MAILS), "wrong password: refused"]
PREPARATION = """
useradd --create-home --home-dir /var/waxer waxer
echo waxer:wax | chpasswd
postconf -e compatibility_level=3.6 myhostname=localhost mydestination=localhost inet_interfaces=loopback-only \
  inet_protocols=ipv4 mailbox_transport=lmtp:unix:private/dovecot alias_maps= maillog_file=/var/log/postfix.log
postconf -Me 127.0.0.1:{smtp}/inet='127.0.0.1:{smtp} inet n - y - - smtpd'
postconf -MX smtp/inet
cat >/etc/dovecot/dovecot.conf <<'END'
protocols = imap lmtp
listen = 127.0.0.1
log_path = /var/log/dovecot.log
mail_location = maildir:~/Maildir
auth_username_format = %Ln
ssl = no
disable_plaintext_auth = no
passdb {{
  driver = pam
}}
userdb {{
  driver = passwd
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  unix_listener /var/spool/postfix/private/dovecot {{
    user = postfix
    mode = 0600
  }}
}}
END
"""


def words_of(mail):
    return f"These are the words of the mail that came {mail}."


def send(smtp, system):
    for mail in MAILS:
        text = f"From: waxer@localhost\nTo: waxer@localhost\nSubject: {mail}\n\n{words_of(mail)}\n"
        if mail.startswith("by SMTP"):
            with smtplib.SMTP("127.0.0.1", smtp, timeout=60) as client:
                client.sendmail("waxer@localhost", ["waxer@localhost"], text)
        else:
            system.run(find_program("sendmail"), "-f", "waxer@localhost", "waxer@localhost", input=text)


def read(box, system, port):
    with imaplib.IMAP4("127.0.0.1", port, timeout=60) as client:
        box.note("logged in:", client.login("waxer", "wax")[0])
        box.remember_if_sealed(*system.processes("imap"))

        def all_there():
            return int(client.select()[1][0]) == len(MAILS)

        box.wait_until(all_there, seconds=90)
        for mail in sorted(MAILS):
            found = client.search(None, "SUBJECT", f'"{mail}"')[1][0].split()
            body = client.fetch(found[0], "(BODY[TEXT])")[1][0][1].decode() if found else ""
            box.note(f"mail: {mail}, its words are there:", words_of(mail) in body)
        return client.logout()[0]


def is_refused(port):
    with imaplib.IMAP4("127.0.0.1", port, timeout=60) as client:
        try:
            client.login("waxer", "wrong")
        except imaplib.IMAP4.error:
            return "refused"
        return "let in"


def run(box):
    smtp, imap = free_port(), free_port()
    system = System(box, PREPARATION.format(smtp=smtp, imap=imap))
    dovecot = find_program("dovecot")
    if not system.run(dovecot, "--version").startswith("2.3."):
        raise Missing("dovecot 2.3, for which the configuration is")
    system.start(dovecot, "-F")
    box.wait_until(system.file("/var/spool/postfix/private/dovecot").exists, seconds=60)
    system.start(find_program("postfix"), "start-fg")

    def answers():
        try:
            return smtplib.SMTP("127.0.0.1", smtp, timeout=60).quit()[0] == 221
        except OSError:
            return False

    box.wait_until(answers, seconds=60)
    send(smtp, system)
    read(box, system, imap)
    box.note("wrong password:", is_refused(imap))
    for name in PROGRAMS:
        box.remember_if_sealed(*system.processes(name))
