// SPDX-License-Identifier: Apache-2.0
// Has a child make calls that a seal refuses, in the number and from the number of places (1 or
// 300) that the arguments say, and prints what it wrote to the file of reports.
#include "names.h"
#include "pages.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALL mprotect(at, size, PROT_NONE);
#define TEN(of) of of of of of of of of of of

static __attribute__((noinline)) void call_from_300_places(void* at, size_t size) {
  TEN(TEN(CALL CALL CALL))
  __asm__ volatile(""); // so that the last call is no jump
}

static __attribute__((noinline)) void call_from_one_place(void* at, size_t size) {
  mprotect(at, size, PROT_NONE);
  __asm__ volatile(""); // so that the call is no jump
}

static void make_calls(long wanted, long places) {
  void* const at = (void*)(uintptr_t)pages_in("text");
  for (long made = 0; made < wanted; made += places) {
    (places == 1 ? call_from_one_place : call_from_300_places)(at, page_size());
  }
}

/// A place's last line says how often it came by; places beyond those that are kept apart share
/// one.
struct place {
  char caller[64];
  long count;
};

static long take_line(const char* line, struct place* places, long known) {
  char caller[64] = "";
  const char* const count = strstr(line, " count=");
  const char* const at = strstr(line, " caller=");
  if (at == NULL || count == NULL || sscanf(at, " caller=%63s", caller) != 1) {
    say("a line without caller or count: ", line);
    return known;
  }
  long i = 0;
  while (i < known && strcmp(places[i].caller, caller) != 0) {
    i++;
  }
  strcpy(places[i].caller, caller);
  places[i].count = atol(count + strlen(" count="));
  return i == known ? known + 1 : known;
}

static void read_reports(const char* path) {
  static struct place places[1000];
  long known = 0;
  long lines = 0;
  FILE* const file = fopen(path, "r");
  char line[4096];
  while (file != NULL && fgets(line, sizeof line, file) != NULL && known < 1000) {
    known = take_line(line, places, known);
    lines++;
  }
  long refusals = 0;
  for (long i = 0; i < known; i++) {
    refusals += places[i].count;
  }
  say("at most a hundred lines, and a count: ", lines <= 101 ? "yes" : decimal(lines), "\n");
  say("refusals counted in them: ", decimal(refusals), "\n");
  remove(path);
}

int main(int count, char** words) {
  if (count != 4) {
    return 1;
  }
  const pid_t child = fork();
  if (child == 0) {
    make_calls(atol(words[1]), atol(words[2]));
    exit(0);
  }
  waitpid(child, NULL, 0);
  read_reports(words[3]);
}
