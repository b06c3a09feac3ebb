# SPDX-License-Identifier: Apache-2.0
"""fakeroot: files that seem to be root's, packed by a user, by a library on either side of the shim."""

import os
import shutil

from box import find_program
from scenarios.preloads import orders

PACKAGES = ["fakeroot"]
PROGRAMS = ["dash"]
EXPECTED = ["who: 0", "file: root:daemon 4755", "packed: -rwsr-xr-x root/daemon"]
SCRIPT = """
echo who: $(id -u)
rm -f file && echo words >file && chown root:daemon file && chmod 4755 file
echo file: $(stat -c '%U:%G %a' file)
echo packed: $(tar -c file | tar -tv | cut -d' ' -f1,2)
sleep 0.3
"""


def run(box):
    as_user = []
    if os.getuid() == 0:
        as_user = [find_program("setpriv"), "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(box.folder, "nobody", "nogroup")
    library = orders.find("*/libfakeroot/libfakeroot-sysv.so")
    script = box.write("script", SCRIPT)
    shim = box.environment.get("LD_PRELOAD", "")
    fakeroot = [*as_user, find_program("fakeroot-sysv", "fakeroot")]
    # By itself it puts its library in front.
    box.run(*fakeroot, "sh", script)
    box.run(*fakeroot, "sh", "-c", f'LD_PRELOAD="{shim} {library}" exec sh {script}')
