// SPDX-License-Identifier: Apache-2.0
// Make a function pointer in RELRO, the program's GOT, another: by writing, by mapping a forged
// copy over it in three ways. Each attempt is a child's, so that each meets the program as it was.
//
// with the shim, exit 0:
//   mprotect and write: EPERM, calls labs
//   mmap over it: EPERM, calls labs
//   mremap over it: EPERM, calls labs
//   shmat over it: EPERM, calls labs
// without it, exit 0:
//   mprotect and write: done, calls the attacker
//   mmap over it: done, calls the attacker
//   mremap over it: done, calls the attacker
//   shmat over it: done, calls the attacker
#include "attack.h"

#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static struct extent relro;
static size_t place_of_labs; // in bytes from RELRO's start

static long attackers(long value) {
  (void)value;
  return foreign_answer;
}

static void forge(char* copy) {
  const uintptr_t word = (uintptr_t)attackers;
  copy_bytes(copy + place_of_labs, &word, sizeof word);
}

static size_t size_of_relro(void) {
  return relro.end - relro.start;
}

static long by_writing(void) {
  const long opened = raw3(SYS_mprotect, relro.start, size_of_relro(), PROT_READ | PROT_WRITE);
  if (opened == 0) {
    forge((char*)relro.start);
  }
  return opened;
}

static long by_mmap(void) {
  char* copy = copy_of_pages(relro);
  forge(copy);
  const long mapped =
      raw_call(SYS_mmap, (long)relro.start, (long)size_of_relro(), PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (mapped == (long)relro.start) {
    copy_bytes((void*)relro.start, copy, size_of_relro());
  }
  return mapped;
}

static long by_mremap(void) {
  char* copy = copy_of_pages(relro);
  forge(copy);
  return put_in_place(copy, relro);
}

static long by_shmat(void) {
  const int segment = shmget(IPC_PRIVATE, size_of_relro(), IPC_CREAT | 0600);
  char* copy = shmat(segment, NULL, 0);
  copy_bytes(copy, (const void*)relro.start, size_of_relro());
  forge(copy);
  const long attached = raw3(SYS_shmat, segment, relro.start, SHM_REMAP);
  shmctl(segment, IPC_RMID, NULL);
  return attached;
}

static void attempt(const char* how, long (*attack)(void)) {
  if (fork() == 0) {
    const long result = attack();
    long (*const volatile* pointer)(long) =
        (long (*const volatile*)(long))(relro.start + place_of_labs);
    say(how, ": ", answer(result), ", calls ",
        (*pointer)(-1) == foreign_answer ? "the attacker" : "labs", "\n");
    _exit(0);
  }
  int status;
  wait(&status);
}

int main(void) {
  const struct object object = object_named("main");
  long (*volatile address_of_labs)(long) = labs;
  relro = relro_of(&object);
  const uintptr_t* word = find_word(relro, (uintptr_t)address_of_labs);
  if (word == NULL) {
    say("labs is not in RELRO\n");
    return 1;
  }
  place_of_labs = (uintptr_t)word - relro.start;
  attempt("mprotect and write", by_writing);
  attempt("mmap over it", by_mmap);
  attempt("mremap over it", by_mremap);
  attempt("shmat over it", by_shmat);
}
