# SPDX-License-Identifier: Apache-2.0
"""QEMU's user mode: a program of this machine's own kind and one of another, translated as they run."""

import platform
import subprocess

from box import SYSTEM_PATH, WORK, find_program

PACKAGES = ["qemu-user", "gcc-aarch64-linux-gnu"]
EXCEPTIONS = ["qemu"]
TOLD = {"observe": ["qemu- exec-gain"]}
PROGRAMS = ["qemu-"]
EXPECTED = ["area 348450", "words 5", "caught 4", "squares 338350"]
OTHER = """
#include <stdio.h>
int main(void) {
  long sum = 0;
  for (int i = 1; i <= 100; ++i) sum += (long)i * i;
  return printf("squares %ld\\n", sum) < 0;
}
"""


def build(box, compiler, source, program):
    # The compiler is not what is tried here.
    subprocess.run([find_program(compiler), "-O1", "-static", "-pthread", "-o", box.folder / program, source],
                   check=True, env={"PATH": SYSTEM_PATH})


def run(box):
    build(box, "g++", WORK / "shapes.cpp", "own")
    build(box, "aarch64-linux-gnu-gcc", box.write("other.c", OTHER), "other")
    box.run(find_program(f"qemu-{platform.machine()}"), "own")
    box.run(find_program("qemu-aarch64"), "other")
