# SPDX-License-Identifier: Apache-2.0
"""bash, and the small programs that scripts are made of."""

from box import find_program

PACKAGES = ["bash"]
PROGRAMS = ["bash"]
EXPECTED = [
    "squares 2000 3996001",
    "process substitution",
    "coproc c b a ",
    "awk 500500",
    " 67 72 fc 6e 0a",
    "status 3",
    "killed 143",
]


def run(box):
    box.run(find_program("bash"), box.take("pipelines.sh"))
