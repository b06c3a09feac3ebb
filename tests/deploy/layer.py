# SPDX-License-Identifier: Apache-2.0
"""This machine with a layer over its disk: what is written there is gone when the command ends."""

import os
import re
import subprocess
import sys

from rights import become_root

# "$0" is ":"-separated folders that have to be there too, and may be on other file systems. The last
# step is not a chroot, in which `sealwax install` tries nothing.
ENTER = r"""
set -e
layer() {
  mkdir -p "/mnt/$2.upper" "/mnt/$2.work" "/mnt/root$1"
  mount -t overlay -o "lowerdir=$1,upperdir=/mnt/$2.upper,workdir=/mnt/$2.work" layer "/mnt/root$1"
}
mount -t tmpfs layer /mnt
layer / 0
if mountpoint -q /tmp; then mount -t tmpfs -o mode=1777 tmp /mnt/root/tmp; fi
number=0
IFS=:
for folder in $0; do
  number=$((number + 1))
  [ -e "/mnt/root$folder/meson.build" ] || [ -e "/mnt/root$folder/build.ninja" ] || layer "$folder" $number
done
cd /mnt/root
mount --rbind /dev dev
mount --rbind /sys sys
mount -t proc proc proc
pivot_root . mnt
umount -l /mnt
cd /
exec "$@"
"""


def enter(*folders):
    """Starts the running file again in namespaces of its own, or returns where that was done."""
    if os.geteuid() != 0:
        become_root()
    if "SEALWAX_IN_LAYER" in os.environ:
        return
    os.environ["SEALWAX_IN_LAYER"] = "yes"
    os.execvp("unshare", [
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"),
        *("sh", "-c", ENTER, ":".join(folders), sys.executable, "-B", *sys.argv),
    ])


def must(*command, **more):
    """What a command prints that has to succeed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        stdin=subprocess.DEVNULL, **more,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def meaning_of_lib():
    """What ld.so takes $LIB for: the library directory of this distribution."""
    said = must(os.environ["SEALWAX_TEST_LOADER"], "--list-diagnostics")
    return re.search('^dl_dst_lib="(.*)"$', said, re.MULTILINE)[1]
