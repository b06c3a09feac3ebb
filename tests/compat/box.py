# SPDX-License-Identifier: Apache-2.0
"""Where a scenario does its work: a folder, an environment, and a record of what was answered."""

import contextlib
import glob
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
WORK = pathlib.Path(__file__).parent / "work"
POLICIES = pathlib.Path(__file__).parents[2] / "policies"


class Missing(Exception):
    """A program that the scenario needs is not installed."""


def find_program(*names):
    """The distribution's own program, whatever else the PATH of the caller may hold."""
    for name in names:
        found = shutil.which(name, path=SYSTEM_PATH)
        if found:
            return found
    raise Missing(" or ".join(names))


def find_library(name):
    for folder in sorted(glob.glob("/usr/lib/*-linux-gnu")):
        path = pathlib.Path(folder, name)
        if path.exists():
            return str(path)
    raise Missing(name)


def exceptions(names, program=""):
    """Those of exceptions.conf of these names, for `program` where there is a path to be replaced."""
    text = (POLICIES / "exceptions.conf").read_text()
    parts = [text.partition(f"# ---- {name} ----\n")[2].partition("\n\n")[0] for name in names]
    return re.sub(r"/usr/local/bin/program-[^]\s]+", str(program), "\n".join(parts)) + "\n"


def text_is_sealed(pid):
    """libc's, or of a static program its own; None where the process has gone, or has none yet."""
    texts = {}
    name = None
    try:
        executable = os.readlink(f"/proc/{pid}/exe")
        for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
            fields = line.split()
            if "-" in fields[0] and not fields[0].endswith(":"):
                name = fields[-1] if "x" in fields[1] else None
            elif fields[0] == "VmFlags:" and name:
                texts[name] = "sl" in fields[1:]
    except OSError:
        return None
    dynamic = any("/ld-" in name for name in texts)
    of_libc = [sealed for name, sealed in texts.items() if name.endswith("/libc.so.6")]
    return of_libc[0] if of_libc else None if dynamic else texts.get(executable)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of_session(session):
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            # The name in parentheses may hold anything; what follows its end does not.
            if int(stat.rpartition(")")[2].split()[3]) == session:
                yield int(entry)


def children_of(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in children.split()]


def executable_of(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return None


class Sampler(threading.Thread):
    """Looks at the processes of a session while they work, and remembers which were sealed."""

    def __init__(self, session, seen):
        super().__init__(daemon=True)
        self.session = session
        self.seen = seen
        self.over = threading.Event()

    def run(self):
        pause = 0.01
        while not self.over.wait(pause):
            begun = time.monotonic()
            for pid in processes_of_session(self.session):
                name = executable_of(pid)
                if name and text_is_sealed(pid):
                    self.seen.add(name)
            # A look at a large process holds it up.
            pause = max(0.01, 4 * (time.monotonic() - begun))

    def stop(self):
        self.over.set()
        self.join()


class SealerFromOutside(threading.Thread):
    """Has the tool seal the processes below some others while they work, each once, a moment after it
    was first seen."""

    def __init__(self, tool, started, seen):
        super().__init__(daemon=True)
        self.tool = tool
        self.started = started
        self.seen = seen
        self.known = set()
        self.over = threading.Event()
        self.alone = threading.Lock()  # nobody can be traced by two
        self.stops = []

    def run(self):
        while not self.over.wait(random.uniform(0.005, 0.05)):
            for pid in self.below():
                # By the program as well: an exec makes the process another, and drops its seals.
                name = executable_of(pid)
                if (pid, name) not in self.known and self.seal(pid):
                    self.known.add((pid, name))

    def below(self):
        pids = [process.pid for process in self.started if process.poll() is None]
        for pid in pids:
            with contextlib.suppress(OSError):
                pids.extend(children_of(pid))
        return pids

    def seal(self, pid):
        """False: not yet, since it is only starting, or it has ended meanwhile."""
        with self.alone:
            outcome = subprocess.run([self.tool, "seal", "--json", str(pid)], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True, check=False)
        for entry in json.loads(outcome.stdout)["processes"]:
            if entry["ranges"]:
                self.stops.append(entry["stopped_ms"])
        name = executable_of(pid)
        if name and text_is_sealed(pid):
            self.seen.add(name)
        return outcome.returncode != 2

    def stop(self):
        self.over.set()
        self.join()


class Conversation:
    """With a program that stops after each line of its own until it is answered with one."""

    def __init__(self, box, *command):
        self.box = box
        self.process = box.start(*command, stdin=subprocess.PIPE)
        self.pid = self.process.pid

    def hear(self):
        line = self.process.stdout.readline().rstrip("\n")
        self.box.remember_if_sealed(self.pid)
        return line

    def say(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.box.note_end(self.process)


class Box:
    def __init__(self, folder, preload, policy=None, tool=None):
        self.folder = folder
        self.sealed = bool(preload or tool) and not (policy and policy.audits)
        self.seals_data = bool(policy and policy.seals_data)
        self.transcript = []
        self.figures = []
        self.failures = []
        self.started = []
        self.seen_sealed = set()
        self.environment = {
            "PATH": SYSTEM_PATH,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        if preload:
            self.environment["LD_PRELOAD"] = preload
        if policy:
            self.environment["SEALWAX_POLICY"] = str(policy.file)
        self.sealer = SealerFromOutside(tool, self.started, self.seen_sealed) if tool else None
        if self.sealer:
            self.sealer.start()

    def note(self, *words):
        """Adds to what must be the same with the shim as without."""
        self.transcript.append(" ".join(str(word) for word in words))

    def measure(self, what, figure):
        """Tells a figure that differs from run to run: what it has to be the scenario notes."""
        self.figures.append(f"{what}: {figure}")

    def take(self, name):
        """Copies one of the work files into the folder, and answers its path there."""
        return shutil.copy(WORK / name, self.folder)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def run(self, *command, input="", seconds=120, **environment):
        """Runs a program to its end; what it says and its status go into the transcript."""
        process = self.start(*command, stdin=subprocess.PIPE, **environment)
        output, errors = self.watched(process, input, seconds)
        self.note_end(process, output, errors)
        return output

    def run_untold(self, *command, input="", seconds=120, **environment):
        """As `run` for what differs from run to run in what it says: of that only the status is noted."""
        process = self.start(*command, stdin=subprocess.PIPE, **environment)
        output, errors = self.watched(process, input, seconds)
        self.note(os.path.basename(command[0]), "status", process.returncode)
        if process.returncode != 0:
            self.failures.append(f"{process.args} ended with {process.returncode}:\n{output}{errors}")
        return output

    def watched(self, process, input, seconds):
        sampler = Sampler(process.pid, self.seen_sealed)
        sampler.start()
        try:
            return process.communicate(input, timeout=seconds)
        finally:
            sampler.stop()

    def talk(self, *command):
        return Conversation(self, *command)

    def note_end(self, process, output=None, errors=None):
        if output is None:
            output, errors = process.communicate(timeout=60)
        name = os.path.basename(process.args[0])
        self.note(name, "status", process.returncode)
        self.note(output)
        self.note(errors)
        if process.returncode != 0:
            self.failures.append(
                f"{process.args} ended with {process.returncode}:\n{output}{errors}"
            )

    def start(self, *command, stdin=subprocess.DEVNULL, executable=None, **environment):
        """Starts a program in a session of its own, so that its children are found."""
        process = subprocess.Popen(
            command,
            executable=executable,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**self.environment, **environment},
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def policy_with(self, *names):
        """The policy that holds here, with some of exceptions.conf behind it, where every user may read it."""
        held = self.environment.get("SEALWAX_POLICY")
        text = pathlib.Path(held).read_text() if held else "sealwax-policy 1\n"
        return self.write("excepting.conf", f"{text}\n{exceptions(names)}")

    def compile(self, name, source, *options):
        """Builds one of the work files, and answers the path of what became of it."""
        target = str(self.folder / name)
        command = [find_program("gcc", "clang"), "-O1", "-o", target, str(WORK / source), *options]
        # The compiler is not what is tried here.
        subprocess.run(command, check=True, env={"PATH": SYSTEM_PATH})
        return target

    def close(self):
        """Leaves no process behind, however the scenario ended."""
        if self.sealer:
            self.sealer.stop()
            self.measure("stopped, ms", sorted(round(stop, 1) for stop in self.sealer.stops))
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def remember_if_sealed(self, *pids):
        """For processes that the scenario holds itself: each has to be sealed right now."""
        for pid in pids:
            if self.sealer and not text_is_sealed(pid):
                self.sealer.seal(pid)
            if text_is_sealed(pid):
                self.seen_sealed.add(executable_of(pid))
            elif self.sealed and executable_of(pid):  # else it has ended meanwhile
                raise AssertionError(f"{executable_of(pid)} (process {pid}) is not sealed")

    def wait_until(self, question, seconds=20):
        """Asks again and again, until the answer is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = question()
            if answer:
                return answer
            time.sleep(0.02)
        raise AssertionError(f"{question.__name__}: not within {seconds} s")
