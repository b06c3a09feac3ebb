# SPDX-License-Identifier: Apache-2.0
"""What the shim costs a process that starts and ends."""

import pathlib
import re
import statistics
import subprocess

import peers
from figures import Row, differences, paired
from lab import HERE, loaded_objects, relro_bytes

MICROSECONDS = "µs"


def start(lab):
    """/bin/true, whole, as ratios to what an empty preload adds: any library costs that."""
    variants = [
        ("default policy", lab.shim, 2.8),
        ("default.conf as the system's", lab.system_policy(), 3.1),
        ("in place by a file", lab.in_place, 2.1),
        ("trust by a file", lab.trust, 2.5),
        ("trust in place", lab.trust_in_place, 1.6),
    ]
    # In rounds of their own: what comes behind the heaviest finds its memory cold.
    others = [(name, assignments, None) for name, assignments in peers.installed()]
    return [*starts(lab, variants), *starts(lab, others)[2:]]


def starts(lab, variants):
    variants = [variant for variant in variants if variant[1] is not None]
    environments = [lab.bare, lab.empty_preload, *(variant[1] for variant in variants)]
    times = lab.time(lab.rounds(2000), environments, "/bin/true")
    empty = paired("/bin/true, empty preload", differences(times, 1, 0), MICROSECONDS)
    rows = [
        Row("/bin/true, bare", statistics.median(line[0] for line in times), MICROSECONDS),
        empty,
    ]
    for column, (name, _, limit) in enumerate(variants, 2):
        row = paired(f"/bin/true, {name}", differences(times, column, 0), MICROSECONDS)
        rows += [row, Row(f"{name} over empty preload", row.value / empty.value, "times", limit=limit)]
    return rows


def closed(lab):
    """What a child costs more under the filter of exec-gain = closed, and one whose parent is not closed."""
    children = 20
    variants = [
        [*lab.shim, lab.policy_text(name, f"[defaults]\nexec-gain = {name}\n")]
        for name in ("deny-inherit", "closed")
    ]
    times = lab.time(lab.rounds(400), variants, "/bin/sh", "-c", "/bin/true; " * children + ":")
    first = lab.time(lab.rounds(1000), variants, "/bin/true")
    return [
        paired("a child, exec-gain closed over denied",
               [more / children for more in differences(times, 1, 0)], MICROSECONDS, limit=20),
        paired("the first start, closed over denied", differences(first, 1, 0), MICROSECONDS),
    ]


def count_calls(lab, assignments):
    log = lab.folder / "calls"
    words = [f"-E{word}" for word in assignments]
    subprocess.run(["strace", "-f", "-qq", "-o", log, *words, "/bin/true"], check=True)
    return len([line for line in log.read_text().splitlines() if "(" in line])


def system_calls(lab):
    bare, empty, shim, in_place = (
        count_calls(lab, assignments)
        for assignments in (lab.bare, lab.empty_preload, lab.shim, lab.in_place)
    )
    return [
        Row("system calls, empty preload", empty - bare, "more than bare"),
        Row("system calls, default policy", shim - bare, "more than bare", limit=34),
        Row("system calls, in place by a file", in_place - bare, "more than bare"),
    ]


def program_with_libraries(lab, count):
    """Each has a constant with an address in it, so it has RELRO as real libraries do."""
    libraries = [
        lab.compile_text(
            f"libpart{number}.so",
            f"int part{number}; int* const part{number}_address = &part{number};",
            "-shared",
            "-fPIC",
        )
        for number in range(count)
    ]
    return lab.compile_text(
        f"program{count}", "int main(void) { return 0; }", "-Wl,--no-as-needed", *libraries
    )


def many_libraries(lab):
    counts = [0, 100, 200] if not lab.quick else [0, 5, 10]
    rows, medians = [], []
    for count in counts:
        program = program_with_libraries(lab, count)
        times = lab.time(lab.rounds(500), [lab.empty_preload, lab.shim, lab.in_place], program)
        row = paired(
            f"{count} libraries, over empty preload", differences(times, 1, 0), MICROSECONDS
        )
        place = statistics.median(differences(times, 2, 0))
        rows.append(row)
        medians.append((row.value, place))
    for name, column, limit in (("default", 0, 7.8), ("in place", 1, 1)):
        values = [pair[column] for pair in medians]
        halves = [
            (values[step + 1] - values[step]) / (counts[step + 1] - counts[step]) for step in (0, 1)
        ]
        rows.append(
            Row(
                f"each of {counts[-1]} libraries, {name}",
                (values[-1] - values[0]) / counts[-1],
                "µs an object",
                limit=limit,
                remark=f"first half {halves[0]:.2f}, second half {halves[1]:.2f}",
            )
        )
    return rows


def relro_of(lab, name, limit, *command):
    megabytes = sum(
        relro_bytes(path) for path in loaded_objects(command, lab.environment([]))
    ) / 1e6
    environments = [lab.bare, lab.empty_preload, lab.shim, lab.private, lab.in_place]
    times = lab.time(lab.rounds(300), environments, *command)
    copies = differences(times, 3, 4)
    return [
        Row(f"{name}, bare", statistics.median(line[0] for line in times), MICROSECONDS),
        paired(f"{name}, empty preload", differences(times, 1, 0), MICROSECONDS),
        paired(f"{name}, default policy", differences(times, 2, 0), MICROSECONDS),
        paired(f"{name}, in place by a file", differences(times, 4, 0), MICROSECONDS),
        paired(
            f"{name}, RELRO copies",
            [microseconds / 1000 / megabytes for microseconds in copies],
            "ms a MB",
            limit=limit,
            remark=f"{megabytes:.2f} MB of RELRO",
        ),
    ]


def big_programs(lab):
    clang = str(pathlib.Path("/usr/bin/clang").resolve(strict=True))
    return [
        *relro_of(lab, "clang --version", 0.35, clang, "--version"),
        # So little RELRO that what each object costs hides what each byte does.
        *relro_of(lab, "python3 -c pass", None, "/usr/bin/python3", "-c", "pass"),
    ]


def private_dirty(lab, assignments):
    """Of a cat that waits for its input: libc and nothing else, like /bin/true."""
    with subprocess.Popen(
        ["/bin/cat"],
        env=lab.environment(assignments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as cat:
        cat.stdin.write(b"x")
        cat.stdin.flush()
        cat.stdout.read(1)  # it has started, and written
        rollup = pathlib.Path(f"/proc/{cat.pid}/smaps_rollup").read_text()
        cat.stdin.close()
    return int(re.search(r"Private_Dirty:\s+(\d+) kB", rollup).group(1))


def memory(lab):
    gains = {}
    for name, assignments in (("empty preload", lab.empty_preload), ("default policy", lab.shim)):
        gains[name] = [
            private_dirty(lab, assignments) - private_dirty(lab, lab.bare)
            for _ in range(lab.rounds(20))
        ]
    return [
        paired("private dirty memory, empty preload", gains["empty preload"], "KiB over bare"),
        paired(
            "private dirty memory, default policy", gains["default policy"], "KiB over bare", limit=16
        ),
    ]


def memory_calls(lab):
    """The functions in front of mmap, mprotect and munmap, against the bare system calls."""
    program = lab.compile("call_pair", [HERE / "call_pair.c"])
    rows = []
    for name, assignments, limit in (
        ("bare", lab.bare, None),
        ("default policy", lab.shim, 1.02),
    ):
        output = subprocess.run(
            [program, str(lab.rounds(400))],
            env=lab.environment(assignments),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        pairs = [[int(word) for word in line.split()] for line in output.splitlines()]
        ratios = [function / bare for function, bare in pairs]
        rows.append(paired(f"memory calls, {name}", ratios, "times the bare calls", limit=limit))
    return rows


def policy_size(lab):
    """What a thousand sections for other programs add to an exec."""
    sections = "".join(
        f"[program /usr/lib/package-{number}/bin/daemon-*]\nseal = +data -gaps\n"
        for number in range(1000)
    )
    short = lab.policy_text("one", "[program /usr/lib/package/bin/daemon-*]\nseal = +data\n")
    long = lab.policy_text("thousand", sections)
    times = lab.time(lab.rounds(1000), [lab.shim + [short], lab.shim + [long]], "/bin/true")
    return [
        paired(
            "/bin/true, a thousand sections over one", differences(times, 1, 0), MICROSECONDS, limit=30
        )
    ]
