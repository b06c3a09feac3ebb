# SPDX-License-Identifier: Apache-2.0
"""What takes minutes runs by thirds in one run of all tests: another third each day. As a program, of the
lines of its input."""

import datetime
import sys


def of_the_day(things):
    day = datetime.datetime.now(datetime.timezone.utc).date().toordinal()
    return list(things)[day % 3::3]


if __name__ == "__main__":
    sys.stdout.writelines(of_the_day(sys.stdin))
