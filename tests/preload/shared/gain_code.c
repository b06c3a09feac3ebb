// SPDX-License-Identifier: Apache-2.0
// Tries each way by which bytes of a program's own become code, judged by whether they run: in a
// child of its own, since what is refused may end in death. An argument is a group of ways that not
// every system has, or a folder, in which files are tried.
#include "gain_code.h"

#include "names.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

size_t page;

static void* made_code(void* at) {
  return at != NULL && mprotect(at, page, rx) == 0 ? at : NULL;
}

static void* written_then_protected(void) {
  return made_code(filled(mmap(NULL, page, rw, private, -1, 0)));
}

static void* protected_with_a_key(void) {
  void* const at = filled(mmap(NULL, page, rw, private, -1, 0));
  return pkey_mprotect(at, page, rx, -1) == 0 ? at : NULL;
}

static void* writable_and_executable(void) {
  return filled(mmap(NULL, page, rw | PROT_EXEC, private, -1, 0));
}

static void* private_file_protected(void) {
  return made_code(filled(mmap(NULL, page, rw, MAP_PRIVATE, own_file(), 0)));
}

static void* private_file_writable_and_executable(void) {
  return filled(mmap(NULL, page, rw | PROT_EXEC, MAP_PRIVATE, own_file(), 0));
}

/// Of memory that is shared mremap makes a second view (mremap(2), an old size of 0).
static void* other_view_written(void* executable) {
  if (executable == NULL) {
    return NULL;
  }
  void* const other = mremap(executable, 0, page, MREMAP_MAYMOVE);
  if (other == MAP_FAILED || mprotect(other, page, rw) != 0) {
    return NULL;
  }
  filled(other);
  return executable;
}

static void* second_view(int flags, int file) {
  return other_view_written(mapped(rx, flags, file));
}

static void* second_view_of_shared_memory(void) {
  return second_view(shared, -1);
}

static void* second_view_of_dev_zero(void) {
  return second_view(MAP_SHARED, open("/dev/zero", O_RDWR | O_CLOEXEC));
}

static void* shared_memory_written_by_a_child(void) {
  void* const at = mapped(rx, shared, -1);
  if (at == NULL) {
    return NULL;
  }
  const pid_t child = fork();
  if (child == 0) {
    _exit(mprotect(at, page, rw) == 0 && filled(at) != NULL ? 0 : 1);
  }
  waitpid(child, NULL, 0);
  return at;
}

static void* system_v_memory(void) {
  const int id = shmget(IPC_PRIVATE, page, IPC_CREAT | 0700);
  char* const writable = shmat(id, NULL, 0);
  filled(writable);
  void* const executable = shmat(id, NULL, SHM_EXEC | SHM_RDONLY);
  shmctl(id, IPC_RMID, NULL);
  return executable == MAP_FAILED ? NULL : executable;
}

static int memory_file(void) {
  const int file = memfd_create("code", MFD_CLOEXEC);
  return file >= 0 && write(file, code, sizeof code) == sizeof code ? file : -1;
}

static void* memory_file_mapped(void) {
  return mapped(rx, MAP_PRIVATE, memory_file());
}

static void* memory_file_shared_then_written(void) {
  const int file = memfd_create("code", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, (off_t)page) != 0) {
    return NULL;
  }
  void* const at = mapped(rx, MAP_SHARED, file);
  return at != NULL && pwrite(file, code, sizeof code, 0) == sizeof code ? at : NULL;
}

int copy_of_itself(int file) {
  char block[4096];
  const int source = own_file();
  for (ssize_t size = 0; (size = read(source, block, sizeof block)) > 0;) {
    if (write(file, block, (size_t)size) != size) {
      return -1;
    }
  }
  return file;
}

void* file_that_was_written(void) {
  const int file = open("new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  return file >= 0 && write(file, code, sizeof code) == sizeof code ? mapped(rx, MAP_PRIVATE, file)
                                                                    : NULL;
}

void* executed(int file) {
  char answering[] = "answer";
  char* const arguments[] = {answering, NULL};
  syscall(SYS_execveat, file, "", arguments, NULL, AT_EMPTY_PATH);
  return NULL;
}

static void* memory_file_executed(void) {
  return executed(copy_of_itself(memfd_create("code", 0)));
}

static void* reading_means_executing(void) {
  return personality(READ_IMPLIES_EXEC) == -1 ? NULL : filled(mmap(NULL, page, rw, private, -1, 0));
}

void* filled_by_userfaultfd(int faults, void* at) {
  struct uffdio_api api = {.api = UFFD_API};
  char* const source = aligned_alloc(page, page);
  if (faults < 0 || at == NULL || ioctl(faults, UFFDIO_API, &api) != 0) {
    return NULL;
  }
  memcpy(source, code, sizeof code);
  struct uffdio_register registered = {.range = {(uintptr_t)at, page},
                                       .mode = UFFDIO_REGISTER_MODE_MISSING};
  struct uffdio_copy copy = {.dst = (uintptr_t)at, .src = (uintptr_t)source, .len = page};
  return ioctl(faults, UFFDIO_REGISTER, &registered) == 0 && ioctl(faults, UFFDIO_COPY, &copy) == 0
             ? at
             : NULL;
}

static void* page_that_userfaultfd_fills(void) {
  const int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
  return filled_by_userfaultfd(faults, mapped(rx, private, -1));
}

static void* empty_code_written_by_a_tracer(void) {
  void* const at = mapped(rx, MAP_PRIVATE, own_file());
  const pid_t parent = fork();
  if (parent == 0) {
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0 ? at : NULL;
  }
  int status = 0;
  if (at != NULL && waitpid(parent, &status, WUNTRACED) == parent && WIFSTOPPED(status)) {
    long word = 0;
    memcpy(&word, code, sizeof word < sizeof code ? sizeof word : sizeof code);
    ptrace(PTRACE_POKETEXT, parent, at, (void*)word);
    ptrace(PTRACE_CONT, parent, NULL, NULL);
    waitpid(parent, &status, 0);
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void* own_code_by_its_memory_file(void) {
  void* const at = mapped(rx, MAP_PRIVATE, own_file());
  const int memory = open("/proc/self/mem", O_WRONLY | O_CLOEXEC);
  return at != NULL && pwrite(memory, code, sizeof code, (off_t)(uintptr_t)at) == sizeof code
             ? at
             : NULL;
}

#if defined(__x86_64__)
/// As mmap(2) was once, its arguments in memory that 32 bits can name.
static void* mapped_by_a_32_bit_call(int protection, int flags) {
  enum { old_mmap = 90 }; // arch/x86/entry/syscalls/syscall_32.tbl
  uint32_t* const arguments = mmap(NULL, page, rw, private | MAP_32BIT, -1, 0);
  if (arguments == MAP_FAILED) {
    return NULL;
  }
  arguments[1] = (uint32_t)page;
  arguments[2] = (uint32_t)protection;
  arguments[3] = (uint32_t)flags;
  arguments[4] = UINT32_MAX;
  long at = old_mmap;
  __asm__ volatile("int $0x80" : "+a"(at) : "b"(arguments) : "memory", "r8", "r9", "r10", "r11");
  return (uint32_t)at % page == 0 ? (void*)(uintptr_t)(uint32_t)at : NULL;
}

static void* shared_memory_by_a_32_bit_call(void) {
  return other_view_written(mapped_by_a_32_bit_call(rx, shared));
}
#endif

static void try_other_architectures(void) {
#if defined(__x86_64__)
  TRY(shared_memory_by_a_32_bit_call);
#endif
}

void try_way(const char* name, way* put) {
  const pid_t child = fork();
  if (child == 0) {
    void* const at = put();
    _exit(at == NULL ? 1 : run_at(at));
  }
  int status = 0;
  waitpid(child, &status, 0);
  unlink("new");
  const bool ran = WIFEXITED(status) && WEXITSTATUS(status) == answer_of_code;
  say(name, ": ", ran ? "runs" : "refused", "\n");
}

struct group {
  const char* name;
  void (*try)(void);
};
static const struct group groups[] = {
    {"another architecture", try_other_architectures},
    {"pages of the kernel", try_kernels_pages},
    {"huge pages", try_huge_pages},
    {"executable stacks", try_executable_stacks},
    {"the service manager", try_service_manager},
    {"a file handed in", try_file_handed_in},
};

static void try_group(const char* name) {
  say("in ", name, ":\n");
  for (size_t i = 0; i < sizeof groups / sizeof *groups; ++i) {
    if (strcmp(name, groups[i].name) == 0) {
      groups[i].try();
      return;
    }
  }
  if (chdir(name) == 0) {
    try_files();
  }
}

int main(int count, char** arguments) {
  if (strcmp(arguments[0], "answer") == 0) {
    return answer_of_code;
  }
  page = page_size();
  TRY(written_then_protected);
  TRY(protected_with_a_key);
  TRY(writable_and_executable);
  TRY(private_file_protected);
  TRY(private_file_writable_and_executable);
  TRY(second_view_of_shared_memory);
  TRY(second_view_of_dev_zero);
  TRY(shared_memory_written_by_a_child);
  TRY(system_v_memory);
  TRY(memory_file_mapped);
  TRY(memory_file_shared_then_written);
  TRY(memory_file_executed);
  TRY(reading_means_executing);
  TRY(page_that_userfaultfd_fills);
  TRY(empty_code_written_by_a_tracer);
  say("left to the unit:\n");
  TRY(file_that_was_written);
  TRY(own_code_by_its_memory_file);
  for (int i = 1; i < count; ++i) {
    try_group(arguments[i]);
  }
}
