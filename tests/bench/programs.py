# SPDX-License-Identifier: Apache-2.0
"""What the shim costs programs that do some work, and a script that starts a thousand."""

import resource
import statistics
import subprocess

from figures import Row, differences, paired

# As a configure script goes about it: a small program for each question, in subshells and pipes.
CONFIGURE = """
count=0
while [ $count -lt %d ]; do
  name=$(expr "have_header_$count" : '\\(.*\\)_')
  echo "#define $name 1" | sed 's/have/HAVE/' >> config.h
  cat config.h > config.h.last
  rm -f config.h.last
  /bin/true
  count=$((count + 1))
done
"""
STARTS_A_TURN = 5


def git_repository(lab):
    folder = lab.folder / "repository"
    if not folder.exists():
        folder.mkdir()
        for number in range(100):
            (folder / f"file{number}").write_text(f"{number}\n")
        for words in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", "-C", folder, *words], check=True)
    return str(folder)


def start_rows(lab, name, *command):
    times = lab.time(lab.rounds(300), [lab.bare, lab.empty_preload, lab.shim], *command)
    bare = statistics.median(line[0] for line in times)
    ratios = [line[2] / line[0] for line in times]
    return [
        Row(f"{name}, bare", bare, "µs"),
        paired(f"{name}, empty preload", differences(times, 1, 0), "µs"),
        paired(f"{name}, default policy", differences(times, 2, 0), "µs"),
        paired(f"{name}, sealed over bare", ratios, "times"),
    ]


def processor_time(command, environment, folder):
    """Seconds, of the command and all that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def configure(lab):
    folder = lab.folder / "configure"
    folder.mkdir(exist_ok=True)
    script = folder / "configure"
    turns = lab.rounds(1000 // STARTS_A_TURN, 2)
    script.write_text(CONFIGURE % turns)
    variants = [lab.bare, lab.empty_preload, lab.shim]
    times = []
    for turn in range(lab.rounds(21)):
        figures = [0.0] * len(variants)
        for step in range(len(variants)):
            column = (turn + step) % len(variants)
            (folder / "config.h").unlink(missing_ok=True)
            environment = lab.environment(variants[column])
            figures[column] = processor_time(["/bin/sh", script], environment, folder) * 1000
        times.append(figures)
    name = f"configure script of {turns * STARTS_A_TURN} starts"
    return [
        Row(f"{name}, bare", statistics.median(line[0] for line in times), "ms"),
        paired(f"{name}, empty preload over bare", [line[1] / line[0] for line in times], "times"),
        paired(f"{name}, sealed over bare", [line[2] / line[0] for line in times], "times"),
    ]


def programs(lab):
    return [
        *start_rows(lab, "bash -c true", "/bin/bash", "-c", "true"),
        *start_rows(lab, "git status", "/usr/bin/git", "-C", git_repository(lab), "status", "-s"),
        *configure(lab),
    ]
