# SPDX-License-Identifier: Apache-2.0
"""Programs of another Debian release, run on this machine: compilers and emulators that are newer than
its own. They see its files, but for /usr, which is the release's."""

import os
import platform
import shutil

import archive

# Nothing in /etc is needed, and the machine's ld.so.cache is of its own libraries.
WRAPPER = """\
#!/bin/sh
exec bwrap --dev-bind / / --ro-bind {root}/usr /usr --tmpfs /etc --die-with-parent -- /usr/bin/{program} "$@"
"""


def unpack_once(packages, root):
    if not root.exists():
        half = root.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        archive.make_root(half)
        for package in packages:
            archive.unpack(package, half)
        half.rename(root)


def put_on_path(cache, suite, name, packages, programs):
    """Whoever calls one of `programs` from here on gets that of the release, from its `packages`. The
    folder that they are in is kept in the cache by its `name`."""
    source = archive.Archive(cache / name, suite, platform.machine().replace("x86_64", "amd64"))
    root = cache / name / "root"
    unpack_once(source.with_dependencies(*packages), root)
    folder = cache / name / "programs"
    folder.mkdir(exist_ok=True)
    for program in programs:
        path = folder / program
        path.write_text(WRAPPER.format(root=root, program=program))
        path.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
