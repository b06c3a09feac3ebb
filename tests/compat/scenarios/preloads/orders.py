# SPDX-License-Identifier: Apache-2.0
"""A library preloaded beside the shim, on either side of it."""

import glob

from box import Missing


def find(pattern):
    found = sorted(glob.glob(f"/usr/lib/{pattern}"))
    if not found:
        raise Missing(pattern)
    return found[-1]


def both(box, library):
    """What LD_PRELOAD has to be; without the shim twice the same."""
    shim = box.environment.get("LD_PRELOAD", "")
    return f"{shim} {library}".strip(), f"{library} {shim}".strip()
