#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Eight threads at work in the loader (see soak.c), under a policy for so many seconds and then as
many rounds without the shim: both say the same, and nothing hangs or crashes.

  loads.py POLICY --program P --shim LIB --base LIB --kind NAME=LIB... [--seconds N]

SEALWAX_SOAK=HOURS lets it go on for so long, in runs of a minute.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import copies

POLICIES = {
    "default": "",
    "strict": "seal = all\nexec-gain = deny\non-refused = kill\n",
    "observe": "mode = audit\nexec-gain = deny\n",
    "pin": "dlopen = pin\n",
    "pinned-only": "dlopen = pinned-only\n",
    "private-text": "text = private\n",
    "mapped-code": "mapped-code = seal\n",
    "relro-in-place": "relro = in-place\n",
}
PATIENCE = 90  # for what takes seconds
MINUTE = 60


def run(options, folder, words, environment):
    """What the program says; it has to come to its end, and to say nothing else."""
    command = [options.program, folder / "libraries", *words]
    with subprocess.Popen(
        list(map(str, command)), env={**os.environ, **environment}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, cwd=folder,
    ) as process:
        try:
            said, errors = process.communicate(timeout=PATIENCE + MINUTE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            said, errors = process.communicate()
            errors += "hangs\n"
    return said + errors + f"status {process.returncode}\n"


def as_bare(text, policy):
    """Without what the policy says is otherwise: what is pinned is constructed once, and stays."""
    if policy != "pin":
        return text
    return "".join(line for line in text.splitlines(True) if not line.startswith("constructed"))


def differs(sealed, bare, policy):
    code = "open" if policy == "observe" else "sealed"  # that one only watches
    as_it_is = f"its own code: {code}, Sealwax: there\n"
    expected = as_bare(bare, policy).replace("its own code: open, Sealwax: not there\n", as_it_is)
    return as_it_is not in sealed or as_bare(sealed, policy) != expected


def compare(options, folder, seconds):
    """Sealed first: bare it makes as many rounds in less time."""
    policy = folder / "policy.conf"
    policy.write_text("sealwax-policy 1\n[defaults]\nreport-to = stderr\n"
                      + POLICIES[options.policy])
    sealed = run(options, folder, ["seconds", seconds],
                 {"LD_PRELOAD": options.shim, "SEALWAX_POLICY": str(policy)})
    if not sealed.startswith("rounds "):
        return f"sealed:\n{sealed}"
    rounds = sealed.splitlines()[0].split()
    bare = run(options, folder, rounds, {})
    if not bare.endswith("status 0\n"):
        return f"bare:\n{bare}"
    print(f"{options.policy}: {sum(map(int, rounds[1:]))} rounds", flush=True)
    if differs(sealed, bare, options.policy):
        return f"sealed:\n{sealed}bare:\n{bare}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", choices=POLICIES)
    parser.add_argument("--program", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--base", type=pathlib.Path, required=True)
    parser.add_argument("--kind", action="append", required=True)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    options.shim = os.path.abspath(os.environ.get("SEALWAX_TEST_SHIM", options.shim))
    options.program = os.path.abspath(options.program)
    hours = float(os.environ.get("SEALWAX_SOAK", 0))
    end = time.monotonic() + hours * 3600
    with tempfile.TemporaryDirectory(prefix="sealwax-soak-") as scratch:
        folder = pathlib.Path(scratch)
        kinds = dict(kind.split("=", 1) for kind in options.kind)
        copies.make(folder / "libraries",
                    {name: pathlib.Path(path) for name, path in kinds.items()}, options.base)
        while True:
            problem = compare(options, folder, MINUTE if hours else options.seconds)
            if problem is not None:
                print(problem)
                return 1
            if time.monotonic() >= end:
                return 0


if __name__ == "__main__":
    sys.exit(main())
