// SPDX-License-Identifier: Apache-2.0
// What gain_code.c's ways to new code are made of.
#pragma once

#include <sys/mman.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC, answer_of_code = 42 };
enum { private = MAP_PRIVATE | MAP_ANONYMOUS, shared = MAP_SHARED | MAP_ANONYMOUS };

#if defined(__x86_64__)
static const unsigned char code[] = {0xb8, answer_of_code, 0, 0, 0, 0xc3}; // mov $42, %eax; ret
#else
static const unsigned char code[] = {0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#endif

extern size_t page;

/// Where the bytes are to be code; NULL: they could not be put there.
typedef void* way(void);

/// Says whether code that was put there runs, in a child of its own.
void try_way(const char* name, way* put);
#define TRY(way) try_way(#way, way)

static inline int run_at(void* at) {
  int (*volatile const run)(void) = (int (*)(void))(uintptr_t)at;
  return run();
}

static inline void* filled(void* at) {
  if (at == MAP_FAILED) {
    return NULL;
  }
  memcpy(at, code, sizeof code);
  __builtin___clear_cache((char*)at, (char*)at + sizeof code);
  return at;
}

static inline void* mapped(int protection, int flags, int file) {
  void* const at = mmap(NULL, page, protection, flags, file, 0);
  return at == MAP_FAILED ? NULL : at;
}

static inline int own_file(void) {
  return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

/// This program again, as a file that nobody has brought; executed, it answers as the code does.
int copy_of_itself(int file);
void* executed(int file);

/// In the current folder.
void* file_that_was_written(void);

/// Has the kernel fill the page of code at `at`, of which nothing is there yet.
void* filled_by_userfaultfd(int faults, void* at);

void try_kernels_pages(void);     ///< that a device or a socket shares, which takes rights
void try_huge_pages(void);        ///< of which the kernel has to have some
void try_executable_stacks(void); ///< of files that are beside this program
void try_service_manager(void);   ///< which runs outside of the unit, and is asked by root
void try_file_handed_in(void);    ///< standard error, which was open before this program started
void try_files(void);             ///< in the current folder
