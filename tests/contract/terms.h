// SPDX-License-Identifier: Apache-2.0
/* What a term of the contract is written with: pages to try on, and what became of them. */
#pragma once
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* Of headers that are older than the kernel. */
enum {
  DONTNEED_LOCKED = 24,
  POPULATE_READ = 22,
  GUARD_INSTALL = 102,
};

/* A term holds, is broken, or is about something that this kernel does not have. */
enum verdict { broken, kept, absent };

static inline enum verdict when(bool held) {
  return held ? kept : broken;
}

static size_t page;
static const char kMark = 's';

static inline bool answers(long result, int error) {
  return error == 0 ? result == 0 : result == -1 && errno == error;
}

static inline long seal(void* at, size_t size) {
  return syscall(SYS_mseal, at, size, 0);
}

/* Private anonymous memory that holds kMark. */
static inline char* memory(size_t pages, int protection) {
  char* const at =
      mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  memset(at, kMark, pages * page);
  mprotect(at, pages * page, protection);
  return at;
}

static inline char* sealed_memory(size_t pages, int protection) {
  char* const at = memory(pages, protection);
  seal(at, pages * page);
  return at;
}

/* A file of one page that holds kMark, in shared memory or on a disk. */
static inline int file_of_mark(void) {
  const int file = memfd_create("contract", MFD_CLOEXEC);
  char* const bytes = memory(1, PROT_READ | PROT_WRITE);
  if (file < 0 || write(file, bytes, page) != (ssize_t)page) {
    perror("memfd_create");
    exit(1);
  }
  munmap(bytes, page);
  return file;
}

/* As a loader maps a library, whose bytes it has then changed in memory to `changed`. */
static inline char* sealed_mapping_of_file(char changed) {
  const int file = file_of_mark();
  char* const at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  memset(at, changed, page);
  mprotect(at, page, PROT_READ);
  seal(at, page);
  close(file);
  return at;
}

/* Whether a page can be read, and what it holds; a fault would end the program. */
static inline bool holds(const char* at, char wanted) {
  int ends[2];
  char found = 0;
  if (pipe(ends) != 0) {
    return false;
  }
  const bool there = write(ends[1], at, 1) == 1 && read(ends[0], &found, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return there && found == wanted;
}

static inline bool is_mapped(const char* at) {
  unsigned char resident = 0;
  return mincore((void*)at, page, &resident) == 0;
}

/* What a forked child says of something. */
static inline bool in_child(bool (*question)(void*), void* about) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(question(about) ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The line `name` of a mapping's entry in smaps, to `line`. */
static inline bool smaps_line(const void* at, const char* name, char* line, int size) {
  FILE* const smaps = fopen("/proc/self/smaps", "re");
  bool inside = false;
  bool found = false;
  while (smaps != NULL && !found && fgets(line, size, smaps) != NULL) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
      inside = begin <= (unsigned long)at && (unsigned long)at < end;
      found = inside && name == NULL;
    } else {
      found = inside && name != NULL && strncmp(line, name, strlen(name)) == 0;
    }
  }
  if (smaps != NULL) {
    fclose(smaps);
  }
  return found;
}

/* Whether mseal(2) is there at all. */
static inline bool can_seal(void) {
  return !answers(syscall(SYS_mseal, 0, 0, 0), ENOSYS);
}
