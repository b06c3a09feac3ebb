# SPDX-License-Identifier: Apache-2.0
"""A display of a scenario's own, whose server is not what is tried."""

from box import find_program


def run_under(box, *command):
    read_by = box.start(find_program("sh"), "-c", 'exec "$0" -displayfd 1 -screen 0 800x600x24 -nolisten tcp',
                        find_program("Xvfb"), LD_PRELOAD="")
    number = read_by.stdout.readline().strip()
    (box.folder / "run").mkdir(mode=0o700)
    box.run(*command, DISPLAY=f":{number}", XDG_RUNTIME_DIR=str(box.folder / "run"), NO_AT_BRIDGE="1",
            GSETTINGS_BACKEND="memory")
