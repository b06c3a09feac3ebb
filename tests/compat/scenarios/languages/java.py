# SPDX-License-Identifier: Apache-2.0
"""OpenJDK: its compiler, then a program with threads, zip, mapped files and garbage to collect."""

import os

from box import find_program

PACKAGES = ["default-jdk-headless"]
EXCEPTIONS = ["java"]
TOLD = {"observe": ["java exec-gain", "javac exec-gain"]}
PROGRAMS = ["java", "javac"]
COLLECTORS = ["-XX:+UseSerialGC", "-XX:+UseG1GC"]
if "SEALWAX_SEALS" in os.environ:
    COLLECTORS += ["-XX:+UseParallelGC", "-XX:+UseZGC", "-XX:+UseShenandoahGC"]
EXPECTED = ["collatz 442", "threads 40425", "mapped 90", "collected"]


def run(box):
    source = box.take("Work.java")
    box.run(find_program("javac"), "-d", str(box.folder), source)
    for collector in COLLECTORS:
        box.run(find_program("java"), collector, "-cp", str(box.folder), "Work")
