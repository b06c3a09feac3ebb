// SPDX-License-Identifier: Apache-2.0
// A program and two libraries with something in every region: one that the program is linked with,
// and one that it opens. Built once as each (PART), and in all of the ways that linkers have.

static int counter = 2;
static const int constant = 40;
// In RELRO by its section: at an address of its own a program would have it with the constants.
static __attribute__((section(".data.rel.ro"))) int* pointer = &counter;

// One name in all: the linker keeps each to its object.
struct part {
  int (*code)(void);
  const int* constant;
  int** pointer;
};

// Volatile: the compiler knows what both hold, and would not keep them.
static int answer(void) {
  return *(const volatile int*)&constant + **(int* volatile*)&pointer;
}

static struct part all_of_it(void) {
  return (struct part){answer, &constant, &pointer};
}

#ifdef PART

struct part PART(void);
struct part PART(void) {
  return all_of_it();
}

#else

#include <sys/mman.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

struct part linked(void);

static const char* said(int result) {
  return result == 0 ? "done" : errno == EPERM ? "EPERM" : "another error";
}

static void* page_of(uintptr_t address) {
  return (void*)(address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1));
}

// Code is in the same page as constants by some linkers, so it stays executable.
static const char* make_writable(uintptr_t address) {
  return said(mprotect(page_of(address), 1, PROT_READ | PROT_WRITE | PROT_EXEC));
}

// Without its pointers nothing of it could go on, so bare this is not tried.
static const char* discard(uintptr_t address) {
  return said(madvise(page_of(address), 1, MADV_DONTNEED));
}

// Whether the loader put it where its file asks to be.
static const char* place_of(struct part part) {
  Dl_info info;
  struct link_map* map;
  if (dladdr1((void*)(uintptr_t)part.code, &info, (void**)&map, RTLD_DL_LINKMAP) == 0)
    return "nowhere";
  return map->l_addr == 0 ? "at its own address" : "moved";
}

static void attack(const char* name, struct part part) {
  printf("%s, %s:", name, place_of(part));
  printf(" code %s,", make_writable((uintptr_t)part.code));
  printf(" constant %s,", make_writable((uintptr_t)part.constant));
  const char* opened = make_writable((uintptr_t)part.pointer);
  printf(" RELRO %s, discarded %s,", opened,
         *opened == 'E' ? discard((uintptr_t)part.pointer) : "not tried");
  printf(" answer %d\n", part.code());
}

// Waits for a line once all is loaded: whoever wants to look at it from outside has the time.
int main(void) {
  void* library = dlopen("liblate.so", RTLD_NOW);
  if (library == NULL) {
    printf("%s\n", dlerror());
    return 1;
  }
  struct part (*late)(void) = (struct part(*)(void))(uintptr_t)dlsym(library, "late");
  puts("ready");
  fflush(stdout);
  getchar();
  attack("program", all_of_it());
  attack("linked", linked());
  attack("late", late());
  return 0;
}

#endif
