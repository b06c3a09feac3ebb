# SPDX-License-Identifier: Apache-2.0
"""valgrind: memory that is lost and memory that is read too late, found in a program with threads."""

import re

from box import find_program

PACKAGES = ["valgrind"]
PROGRAMS = []  # a kernel that valgrind plays, and which has no mseal
EXPECTED = ["worked: 10", "Invalid read of size 4", "definitely lost: 100 bytes in 1 blocks", "memcheck status 9",
            "race in work: True"]
PROGRAM = """
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static int shared;
static void* work(void* unused) {
  for (int i = 0; i < 5; ++i)
    shared += 1;
  return unused;
}
int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i)
    pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 2; ++i)
    pthread_join(threads[i], NULL);
  int* volatile numbers = malloc(40);
  numbers[3] = 7;
  free(numbers);
  const int late = numbers[3];
  char* volatile lost = malloc(100);
  lost = NULL;
  printf("worked: %d\\n", shared + 0 * late);
  return lost != NULL;
}
"""


def found(errors):
    """Without numbers of processes, addresses, and where in the heap they lie."""
    lines = [re.sub(r"^(==|--)\d+(==|--) *", "", line) for line in errors.splitlines()]
    return [re.sub(r"0x[0-9A-Fa-f]+", "ADDRESS", line) for line in lines]


def run(box):
    source = box.write("works.c", PROGRAM)
    program = str(box.folder / "works")
    box.run(find_program("gcc"), "-g", "-O0", "-pthread", "-o", program, source)

    def look(tool, *options):
        process = box.start(find_program("valgrind"), f"--tool={tool}", *options, program)
        output, errors = process.communicate(timeout=180)
        box.note(output)
        box.note(f"{tool} status", process.returncode)
        return found(errors)

    box.note("\n".join(look("memcheck", "--leak-check=full", "--error-exitcode=9")))
    # Which of the threads comes first is chance.
    raced = look("helgrind")
    box.note("race in work:", any(line.startswith("Possible data race") for line in raced) and
             any("work (works.c:8)" in line for line in raced))
    box.note("\n".join(line for line in raced if "WARNING" in line))
