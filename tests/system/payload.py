# SPDX-License-Identifier: Apache-2.0
"""What a guest gets: Sealwax as it was built, and what it needs there."""

import pathlib
import re

import image  # makes the modules of matrix/ known
import archive

FILES = ("sealwax", "library", "rescue", "meddler")
HERE = pathlib.Path(__file__).parent.resolve()
SOURCE = HERE.parents[1]
# Every Debian has these, and another glibc's would not do.
OF_EVERY_DEBIAN = ("libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "ld-linux")


def libraries_of(program):
    """What the tool needs and another Debian may not have, by name."""
    traced = archive.run(program, env={"LD_TRACE_LOADED_OBJECTS": "1"})
    found = (pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", traced))
    return {path.name: path for path in found if not path.name.startswith(OF_EVERY_DEBIAN)}


def files_for_guest(options):
    files = {
        "prepare.sh": HERE / "prepare.sh",
        "unit_state.sh": SOURCE / "tests/support/unit_state.sh",
        "files/sealwax": options.sealwax,
        "files/libsealwax.so": options.library,
        "files/sealwax-rescue": options.rescue,
        "files/meddler": options.meddler,
    }
    for policy in (SOURCE / "policies").glob("*.conf"):
        files[f"files/policies/{policy.name}"] = policy
    files["files/apparmor"] = SOURCE / "scripts/packaging/apparmor/sealwax"
    for name, path in libraries_of(options.sealwax).items():
        files[f"files/libraries/{name}"] = path
    return files
