# SPDX-License-Identifier: Apache-2.0
"""PAM: a process that logs a user in a thousand times, and whose modules come and go each time."""

import getpass

import census
from box import find_library

PACKAGES = ["libpam-modules"]
PROGRAMS = ["pam_loop"]
MARKS = [0, 100, 1000]
MODULES = 6
STACK = """
auth required pam_env.so envfile=/dev/null
auth required pam_permit.so
account required pam_permit.so
account required pam_time.so conffile={nothing}
session required pam_env.so envfile=/dev/null
session required pam_umask.so
session required pam_limits.so conf={nothing}
session optional pam_mail.so nopen standard
session required pam_permit.so
"""
EXPECTED = ["pam_loop status 0"]
EXPECTED += [
    f"{mark} logins, {mark - before} of them well since the last mark"
    for before, mark in zip([0, *MARKS], MARKS)
]
EXPECTED += [
    "the first hundred leave no more than the rule allows: True",
    "the other 900 leave nothing: True",
]


def run(box):
    library = find_library("libpam.so.0")
    program = box.compile("pam_loop", "pam_loop.c", library)
    nothing = box.write("nothing.conf", "")
    box.write("pam.d/loop", STACK.format(nothing=nothing))
    marks = [str(mark) for mark in MARKS]
    with box.talk(program, str(box.folder / "pam.d"), getpass.getuser(), *marks) as loop:
        counts = []
        for _ in MARKS:
            box.note(loop.hear())
            counts.append(census.take(loop.pid))
            loop.say()
    first, rest = counts[1] - counts[0], counts[2] - counts[1]
    box.measure("before the first", counts[0])
    box.measure("the first 100 leave", first)
    box.measure("the next 900 leave", rest)
    allowed = census.left_by(box, MODULES)
    box.note("the first hundred leave no more than the rule allows:", first.mappings <= allowed)
    # The heap may grow by a page.
    box.note("the other 900 leave nothing:", rest.mappings <= 1 and rest.anonymous <= 64)
