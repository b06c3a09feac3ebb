# SPDX-License-Identifier: Apache-2.0
"""A scenario's work, done in a box, and what two runs of it have to agree in."""

import ctypes
import difflib
import errno
import pathlib
import re
import shutil

import box

MSEAL = 462
ABOUT = re.compile(r" exe=(?:\S*/)?(\S+) event=(\S+)(?:.* region=(\S+))?")


def kernel_has_mseal():
    libc = ctypes.CDLL(None, use_errno=True)
    # An empty range: nothing is sealed, and 0 is the answer wherever the call exists.
    return libc.syscall(MSEAL, 0, 0, 0) == 0 or ctypes.get_errno() != errno.ENOSYS


def do_the_work(scenario, folder, preload, policy=None, tool=None):
    """All runs get the same path: it shows in what programs print."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    place = box.Box(folder, preload, policy, tool)
    try:
        scenario.run(place)
    finally:
        place.close()
    return place


def differences(bare, sealed):
    lines = [("\n".join(place.transcript) + "\n").splitlines() for place in (bare, sealed)]
    return list(difflib.unified_diff(*lines, "without the shim", "with the shim", lineterm=""))


def work_not_done(scenario, bare):
    """Two runs that fail alike are no proof: the scenario says what the right answers are."""
    said = set("\n".join(bare.transcript).splitlines())
    missing = [line for line in scenario.EXPECTED if line not in said]
    return [f"the work was not done: no line {line!r}" for line in missing]


def wrong_without_the_shim(scenario, bare):
    if bare.seen_sealed:
        return [f"sealed without the shim: {bare.seen_sealed}"]
    if bare.failures:
        return ["it fails without the shim too", *bare.failures]
    return work_not_done(scenario, bare)


def wrongly_sealed(scenario, sealed, audits):
    """Under a policy that only audits nothing may be sealed, under others all that is named must be."""
    if audits:
        return [f"sealed though it is only audited: {sealed.seen_sealed}"] if sealed.seen_sealed else []
    left_open = [name for name in scenario.PROGRAMS
                 if not any(seen.startswith(name) for seen in sealed.seen_sealed)]
    return [f"never seen sealed: {left_open}; sealed: {sorted(sealed.seen_sealed)}"] if left_open else []


class Policy:
    """A policy of the project's, with its reports led into a file that everybody may write to."""

    def __init__(self, folder, source, exceptions=""):
        self.reports = folder / "reports"
        self.reports.unlink(missing_ok=True)
        self.reports.touch()
        self.reports.chmod(0o666)
        self.file = folder / "policy.conf"
        text = pathlib.Path(source).read_text()
        self.audits = "\nmode = audit\n" in text
        self.seals_data = "\nseal = all\n" in text
        self.file.write_text(f"{text}\n[defaults]\nreport-to = file:{self.reports}\n{exceptions}")

    def lines(self):
        return self.reports.read_text().splitlines()

    def told(self):
        """What the reports were of: program, event, and what of an object was hit."""
        return {" ".join(filter(None, ABOUT.search(line).groups())) for line in self.lines()}
