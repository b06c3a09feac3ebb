# SPDX-License-Identifier: Apache-2.0
"""The tool on another architecture: static programs, and processes that run, are sealed from outside."""

import platform
import re
import shutil

import archive
import guest
from cases import expect, split_at_markers

# What the tool is built with, as packages of the release that this machine has: its compiler is
# that release's too.
NEEDED = ["libcli11-dev", "libdw-dev", "libelf-dev", "libfmt-dev", "libseccomp-dev",
          "nlohmann-json3-dev", "zlib1g-dev"]
# The cross compiler has its own.
OF_THE_COMPILER = ("libc6-dev_", "linux-libc-dev_", "libcrypt-dev_")
PROGRAMS = ["open_itself", "open_itself_static"]

CROSS = """[binaries]
pkgconfig = 'pkg-config'

[properties]
pkg_config_libdir = ['{root}/usr/lib/aarch64-linux-gnu/pkgconfig', '{root}/usr/share/pkgconfig']
sys_root = '{root}'

[built-in options]
cpp_link_args = ['-Wl,-rpath-link={root}/usr/lib/aarch64-linux-gnu']
"""

SCRIPT = """
mkfifo /lines
echo now >/line
for program in open_itself open_itself_static; do
  echo "=== $program bare"
  /$program </line 2>&1; echo "status $?"
  echo "=== $program sealed while it runs"
  /$program </lines >/answers 2>&1 & pid=$!
  exec 3>/lines
  while ! grep -q ready /answers; do sleep 0.1; done
  /sealwax seal $pid 2>&1; echo "status $?"
  cat /line >&3; exec 3>&-
  wait $pid; echo "status $?"
  cat /answers
done
echo "=== calls that wait, sealed"
/wait_in_calls count </lines >/answers 2>&1 & pid=$!
exec 3>/lines
while ! grep -q waiting /answers; do sleep 0.1; done
/sealwax seal $pid 2>&1 | sed 's/: .*//'
sleep 1
exec 3>&-
wait $pid; echo "status $?"
cat /answers
echo "=== open_itself_static by run"
/sealwax run --library /libsealwax.so -- /open_itself_static </line 2>&1; echo "status $?"
echo "=== open_itself_static by run --require"
/sealwax run --library /libsealwax.so --require -- /open_itself_static </line 2>&1; echo "status $?"
"""
REFUSED = ["rodata: Operation not permitted", "relro: Operation not permitted", "done"]
OPENED = ["rodata: opened", "relro: opened", "done"]


def build_tool(cache, source_tree, cross_file):
    """The tool for AArch64, built here, and the packages that it needs there."""
    packages = archive.Archive(
        cache, platform.freedesktop_os_release()["VERSION_CODENAME"], "arm64"
    ).with_dependencies(*NEEDED)
    root = cache / "aarch64-root"
    if not root.exists():
        archive.make_root(root)
        for package in packages:
            if not package.name.startswith(OF_THE_COMPILER):
                archive.unpack(package, root)
    folder = cache / "aarch64-tool"
    if not (folder / "build.ninja").exists():
        libraries = cache / "aarch64-libraries.ini"
        libraries.write_text(CROSS.format(root=root))
        archive.run("meson", "setup", folder, source_tree, "--cross-file", cross_file, "--cross-file",
                    libraries, "-Dtests=false", "-Doptimization=0", "-Ddebug=false")
    archive.run("meson", "compile", "-C", folder, "src/cli/sealwax")
    return folder / "src/cli/sealwax", [path for path in packages if "-dev_" not in path.name]


def check(parts):
    for program in PROGRAMS:
        bare, outcome = parts[f"{program} bare"], parts[f"{program} sealed while it runs"]
        expect(f"{program} bare", bare[1:], [*OPENED, "status 3"])
        said = re.sub(r"^\d+ (\S+): sealed \d+ ranges of memory, .*ms$", r"\1: sealed", outcome[0])
        expect(f"{program} sealed", [said, *outcome[1:3], *outcome[4:]],
               [f"/{program}: sealed", "status 0", "status 3", *REFUSED])
    # Six of them would be, if they were not made again; one can just begin to wait.
    waiting = [re.sub(r"interrupted [0-2] times in \d+", "hardly interrupted", line)
               for line in parts["calls that wait, sealed"][1:]]
    expect("calls that wait, sealed", waiting, ["status 0", "waiting", "hardly interrupted"])
    for title in ("by run", "by run --require"):
        expect(title, parts[f"open_itself_static {title}"][1:], [*REFUSED, "status 3"])


def aarch64_outside(case, source_tree, cross_file):
    """Judged by what the programs can do afterwards."""
    tool, packages = build_tool(case.cache, source_tree, cross_file)
    source = case.archive("trixie", "arm64")
    scratch = case.scratch / "outside"
    scratch.mkdir()
    root = guest.root_with_busybox(source, scratch)
    for package in packages:
        archive.unpack(package, root)
    shutil.copy(tool, root / "sealwax")
    shutil.copy(case.cross_build(), root / "libsealwax.so")
    for program, options in (("open_itself", []), ("open_itself_static", ["-static"])):
        archive.run("aarch64-linux-gnu-gcc", "-O1", "-Wl,-z,relro,-z,now", *options, "-o",
                    root / program, source_tree / "tests/cli/open_itself.c")
    archive.run("aarch64-linux-gnu-gcc", "-O1", "-D_GNU_SOURCE", "-static", "-pthread", "-o",
                root / "wait_in_calls", source_tree / "tests/injection/wait_in_calls.c")
    kernel = guest.kernel_of(source, scratch)
    check(split_at_markers(guest.boot("arm64", kernel, root, SCRIPT, scratch, seconds=200)))
