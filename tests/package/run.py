#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the Debian package as a builder would, from nothing but what its control file names, and
follows it through a system: installed, used for all programs, upgraded, removed.

    run.py WORK

With SEALWAX_PACKAGES=all for Debian 12, 13 and the one to come, each in systems of that release.
"""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import debian_root
import fapolicyd
from debian_root import archive
from rights import SKIPPED, become_root

SOURCE = debian_root.HERE.parents[1]
LIBRARY = "/usr/lib/$(uname -m)-linux-gnu/libsealwax.so"
ALL = ("bookworm", "trixie", "forky")
INSTALL = "apt-get install -q -y"

# Unoptimised and without notes for debuggers, in half of the time: the library optimises itself in any case.
BUILD = ("cd /source && DEB_BUILD_OPTIONS='noopt noautodbgsym' DEB_CFLAGS_STRIP=-g DEB_CXXFLAGS_STRIP=-g "
         "scripts/package /packages")
# The same files under the next version's number.
NEXT = r"""
dpkg-deb -R /packages/sealwax_*.deb /next
sed -i 's/^Version: .*/&+next/' /next/DEBIAN/control
dpkg-deb --root-owner-group -b /next /packages/next.deb
"""


def expect(what, found, wanted):
    if found != wanted:
        lines = difflib.unified_diff(str(wanted).splitlines(), str(found).splitlines(), "expected",
                                     "got", lineterm="")
        raise AssertionError("\n".join([f"{what}:", *lines]))


def expect_pattern(what, text, pattern):
    if not re.search(pattern, text, re.MULTILINE):
        raise AssertionError(f"{what}: nothing in it matches {pattern}\n{text}")


def build(root):
    """The package, and one with a higher version, in the root's /packages."""
    source = root.folder / "source"
    source.mkdir()
    with subprocess.Popen(["tar", "-C", SOURCE, "--exclude=./build*", "--exclude=./.git", "-c", "."],
                          stdout=subprocess.PIPE) as tree:
        archive.run("tar", "-x", "-C", source, stdin=tree.stdout)
    said = root.must(BUILD)
    expect_pattern("scripts/package", said, "^the package is in /packages$")
    root.must("cd /packages && sha256sum -c --quiet SHA256SUMS")
    root.must(NEXT)
    # As autopkgtest wants it: a tree with debian/ at its top.
    shutil.copytree(SOURCE / "scripts/packaging/debian", root.folder / "packages/tree/debian")
    shutil.copy(SOURCE / "scripts/packaging/fapolicyd/30-sealwax.rules", root.folder / "packages")


def files(root):
    """All that packages and their scripts put in place; /var has the logs and apt's own books."""
    return root.must("find / -xdev -path /var -prune -o -path /tmp -prune -o -print | sort")


def installed(root):
    """Installing changes no program; the tool and the library work."""
    root.must(f"apt-get update -q && {INSTALL} /packages/sealwax_*.deb")
    expect("ld.so.preload", root.run("ls /etc/ld.so.preload")[0], 2)
    owner = root.must(f"stat -Lc '%U %a' {LIBRARY} /usr/bin/sealwax /usr/lib/sealwax/sealwax-rescue")
    expect("owner and mode", owner, "root 644\nroot 755\nroot 755\n")
    expect("run", root.must("sealwax run --require -- echo sealed"), "sealed\n")
    code, open_one = root.run("sealwax status $$ >/dev/null; echo $?")
    expect("a program beside it", (code, open_one), (0, "1\n"))
    root.must("cd /usr/share/doc/sealwax && cat README* SECURITY* NOTES* >/dev/null && "
              "test -s examples/pod.yaml -a -d examples/ansible -a -s examples/fapolicyd/30-sealwax.rules")
    root.must("cp /etc/sealwax/policy.conf.example /etc/sealwax/policy.conf && sealwax policy check")
    root.must("sealwax install")
    expect("entry", root.must("cat /etc/ld.so.preload"), "/usr/$LIB/libsealwax.so\n")


UPGRADE = rf"""
inode() {{ stat -Lc %i {LIBRARY}; }}
mapped() {{ grep -m 1 libsealwax.so /proc/$1/maps | tr -s ' ' | cut -d ' ' -f 5; }}
before=$(inode)
sleep 1000 & old=$!
# Programs start all the time while dpkg works; the loader writes a line where it finds no library.
(while :; do /bin/true 2>>/tmp/lines || echo "died: $?" >>/tmp/lines; done) & busy=$!
echo '# the administrator was here' >>/etc/sealwax/policy.conf.example
{INSTALL} -o Dpkg::Options::=--force-confdef /packages/next.deb >/tmp/upgrade 2>&1
echo "upgrade $?"
kill $busy
echo "lines: $(cat /tmp/lines)"
[ "$(inode)" != "$before" ] && echo "another file"
[ "$(mapped $old)" = "$before" ] && echo "the old one for a running program"
sealwax status $old >/dev/null; echo "running program $?"
sleep 1000 & new=$!
sleep 0.2
[ "$(mapped $new)" = "$(inode)" ] && echo "the new one for the next"
sealwax status $new >/dev/null; echo "next program $?"
tail -n 1 /etc/sealwax/policy.conf.example
cat /etc/ld.so.preload
kill $old $new
"""


def upgraded(root):
    """No program fails while files are exchanged, and what runs keeps what it has."""
    wanted = """\
upgrade 0
lines:
another file
the old one for a running program
running program 0
the new one for the next
next program 0
# the administrator was here
/usr/$LIB/libsealwax.so
"""
    expect("upgrade", root.must(UPGRADE).replace("lines: \n", "lines:\n"), wanted)


AUTOPKGTEST = f"""
apt-get update -q && {INSTALL} autopkgtest >/dev/null || exit
autopkgtest --no-built-binaries --ignore-restrictions=isolation-container --summary-file=/tmp/summary \\
  /packages/sealwax_*.deb /packages/tree -- null
cat /tmp/summary
"""


def tried_by_its_own_tests(root):
    """By autopkgtest, which takes the root, a system with mounts of its own, for the machine, and need not
    know that it is one apart: in the chroots that it makes itself `sealwax install` would have no place for
    its trial."""
    said = root.must(AUTOPKGTEST)
    results = re.findall(r"^(\S+) +(PASS|FAIL.*|SKIP.*|FLAKY.*)$", said, re.MULTILINE)[-2:]
    if results != [("seals-programs", "PASS"), ("comes-and-goes", "PASS")]:
        raise AssertionError(f"autopkgtest: {results}\n{said[-6000:]}")


def judged_by_fapolicyd(root):
    wanted, found = fapolicyd.verdict(root)
    expect("fapolicyd", found, wanted)


def removed(root):
    """Not while the library is loaded by all programs; then without a trace."""
    code, said = root.run("apt-get purge -q -y sealwax")
    expect("removal while it is used", code, 100)
    expect_pattern("removal while it is used", said, "^sealwax: .* run 'sealwax uninstall'")
    expect("still there", root.must("sealwax run --require -- echo sealed"), "sealed\n")
    root.must("sealwax uninstall")
    root.must("rm /etc/sealwax/policy.conf")
    root.must("apt-get purge -q -y --autoremove sealwax")
    expect("ld.so.preload", root.run("ls /etc/ld.so.preload")[0], 2)


def life(root):
    before = files(root)
    installed(root)
    upgraded(root)
    removed(root)
    expect("files that are left", files(root), before)


def try_release(work, suite):
    base = debian_root.Root.make(work / "base", suite)
    builder = base.copy(work / "builder")
    build(builder)
    (builder.folder / "packages").rename(base.folder / "packages")
    tested = base.copy(work / "tested")
    tried_by_its_own_tests(tested)
    if suite is not None:  # where each release is tried, since it takes a minute more
        judged_by_fapolicyd(tested)
    life(base)


def main():
    if os.geteuid() != 0:
        become_root()
    work = pathlib.Path(sys.argv[1])
    every = os.environ.get("SEALWAX_PACKAGES") == "all"
    try:
        for suite in ALL if every else [None]:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try_release(work, suite)
            print(f"{suite or 'this release'}: works", flush=True)
    except archive.Unreachable as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    except AssertionError as failure:
        print(f"{suite or 'this release'}: {failure}")
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
