// SPDX-License-Identifier: Apache-2.0
// Makes calls that run against seals, one after another as its arguments name them, and prints what
// each answered. Every function is there to be named as the caller.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kPage = 0x10000 }; // the largest that a processor has

#define WHOLE_PAGES __attribute__((aligned(kPage)))
// Neither merged with its caller nor left by a jump.
#define NAMED __attribute__((noinline))
static long kept(long answer) {
  __asm__ volatile("" ::: "memory");
  return answer;
}

static char settings[kPage] WHOLE_PAGES = {1};
static void* const tables[kPage / sizeof(void*)] WHOLE_PAGES = {settings};
static const char constants[kPage] WHOLE_PAGES = {1};

static void* place_of(const void* object) {
  // Behind the compiler's back: it knows that nobody writes to constants.
  uintptr_t address = (uintptr_t)object;
  __asm__("" : "+r"(address));
  return (void*)address;
}

NAMED long freeze_settings(void) {
  return kept(mprotect(settings, kPage, PROT_READ));
}

NAMED long patch_code(void) {
  const long page = sysconf(_SC_PAGESIZE);
  const long start = (long)freeze_settings & -page;
  return kept(syscall(SYS_mprotect, start, page, PROT_READ | PROT_EXEC));
}

NAMED long open_tables(void) {
  return kept(mprotect(place_of(tables), kPage, PROT_READ | PROT_WRITE));
}

NAMED long keep_tables_from_children(void) {
  return kept(madvise(place_of(tables), kPage, MADV_DONTFORK));
}

NAMED long forget_tables(void) {
  const struct iovec part = {place_of(tables), kPage};
  const int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
  const long answer = syscall(SYS_process_madvise, self, &part, 1, MADV_DONTNEED, 0);
  close(self);
  return kept(answer == kPage ? 0 : answer);
}

NAMED long unmap_constants(void) {
  return kept(munmap(place_of(constants), kPage));
}

NAMED long move_constants(void) {
  void* const moved = mremap(place_of(constants), kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED,
                             mmap(NULL, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return kept(moved == MAP_FAILED ? -1 : 0);
}

NAMED long replace_constants(void) {
  void* const fresh =
      mmap(place_of(constants), kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return kept(fresh == MAP_FAILED ? -1 : 0);
}

NAMED long attach_over_constants(void) {
  const int id = shmget(IPC_PRIVATE, kPage, IPC_CREAT | 0600);
  void* const attached = shmat(id, place_of(constants), SHM_REMAP);
  const int error = errno;
  shmctl(id, IPC_RMID, NULL);
  errno = error;
  return kept((long)attached == -1 ? -1 : 0);
}

NAMED long freeze_half_a_page(void) {
  return kept(mprotect(settings + 1, kPage, PROT_READ));
}

NAMED long touch_stack(void) {
  char here = 0;
  const long page = sysconf(_SC_PAGESIZE);
  return kept(
      mprotect((void*)((long)place_of(&here) & -page), (size_t)page, PROT_READ | PROT_WRITE));
}

NAMED long touch_vdso(void) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return kept(mprotect((void*)getauxval(AT_SYSINFO_EHDR), page, PROT_READ | PROT_EXEC));
}

NAMED long compile(void) {
  void* const code = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return kept(mprotect(code, kPage, PROT_READ | PROT_EXEC));
}

NAMED long compile_in_place(void) {
  void* const code =
      mmap(NULL, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return kept(code == MAP_FAILED ? -1 : 0);
}

static void* open_tables_in_thread(void* answer) {
  *(long*)answer = open_tables();
  return NULL;
}

NAMED long thread(void) {
  pthread_t other;
  long answer = -1;
  pthread_create(&other, NULL, open_tables_in_thread, &answer);
  pthread_join(other, NULL);
  return kept(answer);
}

NAMED long forked(void) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(open_tables() == 0 ? 0 : errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return kept(status == 0 ? 0 : -1);
}

NAMED long spawned(void) {
  const pid_t child = vfork();
  if (child == 0) {
    execl("/proc/self/exe", "again", "open_tables", NULL);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return kept(status == 0 ? 0 : -1);
}

NAMED long killed_child(void) {
  const pid_t child = fork();
  if (child == 0) {
    open_tables();
    for (;;) {
      pause();
    }
  }
  usleep(100000);
  kill(child, 9);
  waitpid(child, NULL, 0);
  return 0;
}

NAMED long trace_me(void) {
  return kept(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

// A filter of its own with a tracer of its own in mind, who is not there.
NAMED long filter(void) {
  const struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof code / sizeof *code, (struct sock_filter*)code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    return -1;
  }
  return kept(syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : -1);
}

// The library is in the environment, since its path is the test's matter.
NAMED long load_and_unload(void) {
  void* const library = dlopen(getenv("LATE_LIBRARY"), RTLD_NOW);
  return kept(library == NULL ? -1 : dlclose(library));
}

NAMED long patch_late_code(void) {
  void* const code = dlsym(dlopen(getenv("LATE_LIBRARY"), RTLD_NOW), "sealwax_test_answer");
  const long page = sysconf(_SC_PAGESIZE);
  return kept(mprotect((void*)((long)code & -page), (size_t)page, PROT_READ | PROT_EXEC));
}

// As private loaders do.
NAMED long map_code_and_unmap(void) {
  const int file = open(getenv("LATE_LIBRARY"), O_RDONLY);
  void* const code = mmap(NULL, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  close(file);
  return kept(code == MAP_FAILED ? -1 : munmap(code, kPage));
}

NAMED long die(void) {
  fflush(stdout);
  raise(9);
  return -1;
}

NAMED long wait_for_signal(void) {
  puts("waiting");
  fflush(stdout);
  return kept(pause());
}

/* Its versions set braces in a macro otherwise. */
/* clang-format off */
#define CALL(name) {#name, name}
/* clang-format on */
static const struct {
  const char* name;
  long (*make)(void);
} kCalls[] = {
    CALL(freeze_settings),
    CALL(patch_code),
    CALL(open_tables),
    CALL(forget_tables),
    CALL(unmap_constants),
    CALL(keep_tables_from_children),
    CALL(move_constants),
    CALL(replace_constants),
    CALL(attach_over_constants),
    CALL(touch_stack),
    CALL(touch_vdso),
    CALL(freeze_half_a_page),
    CALL(compile),
    CALL(compile_in_place),
    CALL(thread),
    CALL(forked),
    CALL(spawned),
    CALL(killed_child),
    CALL(trace_me),
    CALL(filter),
    CALL(load_and_unload),
    CALL(patch_late_code),
    CALL(map_code_and_unmap),
    CALL(die),
    CALL(wait_for_signal),
};

int main(int argc, char** argv) {
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    for (size_t j = 0; j < sizeof kCalls / sizeof *kCalls; ++j) {
      if (strcmp(argv[i], kCalls[j].name) == 0) {
        const long answer = kCalls[j].make();
        printf("%s: %s\n", argv[i], answer == 0 ? "done" : strerrorname_np(errno));
        failures += answer != 0;
      }
    }
  }
  return failures;
}
