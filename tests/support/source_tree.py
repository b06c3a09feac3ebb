# SPDX-License-Identifier: Apache-2.0
"""The project's own source, as somebody else gets it."""

import os
import pathlib
import subprocess
import tempfile

from rights import SKIPPED

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = "[safe]\n\tdirectory = *\n"


def require_repository():
    """Ends with the number of a skip where there is nothing to clone."""
    if not (SOURCE / ".git").exists():
        print("skipped: this source is no git repository")
        raise SystemExit(SKIPPED)


def clone_to(folder):
    """What is committed, and nothing of the original's: no hard link, whose owner would be shared.

    Git wants to be told that another user's repository is safe, such as a user's for root.
    """
    with tempfile.NamedTemporaryFile("w") as settings:
        settings.write(SETTINGS)
        settings.flush()
        subprocess.run(
            ["git", "clone", "--quiet", "--no-hardlinks", SOURCE, folder], check=True,
            env={**os.environ, "GIT_CONFIG_GLOBAL": settings.name},
        )


def is_success(last_line):
    """Whether scripts/test's last line tells of tests that passed, and of none that failed."""
    words = last_line.replace(",", "").split()
    return words[1::2] == ["passed", "failed", "skipped"] and words[0] != "0" and words[2] == "0"
