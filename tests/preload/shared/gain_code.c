// Tries each way by which bytes of a program's own become code, judged by whether they run: in a
// child of its own, since what is refused may end in death.
#include "names.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC, answer_of_code = 42 };
enum { private = MAP_PRIVATE | MAP_ANONYMOUS, shared = MAP_SHARED | MAP_ANONYMOUS };

#if defined(__x86_64__)
static const unsigned char code[] = {0xb8, answer_of_code, 0, 0, 0, 0xc3}; // mov $42, %eax; ret
#else
static const unsigned char code[] = {0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#endif

static size_t page;

/// Where the bytes are to be code; NULL: they could not be put there.
typedef void* way(void);

static void* filled(void* at) {
  if (at == MAP_FAILED) {
    return NULL;
  }
  memcpy(at, code, sizeof code);
  __builtin___clear_cache((char*)at, (char*)at + sizeof code);
  return at;
}

static void* mapped(int protection, int flags, int file) {
  void* const at = mmap(NULL, page, protection, flags, file, 0);
  return at == MAP_FAILED ? NULL : at;
}

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

static int own_file(void) {
  return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static void* private_file_protected(void) {
  return made_code(filled(mmap(NULL, page, rw, MAP_PRIVATE, own_file(), 0)));
}

static void* private_file_writable_and_executable(void) {
  return filled(mmap(NULL, page, rw | PROT_EXEC, MAP_PRIVATE, own_file(), 0));
}

/// Of memory that is shared mremap makes a second view (mremap(2), an old size of 0).
static void* second_view(int flags, int file) {
  void* const executable = mapped(rx, flags, file);
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

static void* reading_means_executing(void) {
  return personality(READ_IMPLIES_EXEC) == -1 ? NULL : filled(mmap(NULL, page, rw, private, -1, 0));
}

static void* page_that_userfaultfd_fills(void) {
  const int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
  struct uffdio_api api = {.api = UFFD_API};
  void* const at = mapped(rx, private, -1);
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

static void* file_that_was_written(void) {
  const int file = open("new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  return file >= 0 && write(file, code, sizeof code) == sizeof code ? mapped(rx, MAP_PRIVATE, file)
                                                                    : NULL;
}

static void* own_code_by_its_memory_file(void) {
  void* const at = mapped(rx, MAP_PRIVATE, own_file());
  const int memory = open("/proc/self/mem", O_WRONLY | O_CLOEXEC);
  return at != NULL && pwrite(memory, code, sizeof code, (off_t)(uintptr_t)at) == sizeof code
             ? at
             : NULL;
}

static void try_way(const char* name, way* put) {
  const pid_t child = fork();
  if (child == 0) {
    int (*volatile const run)(void) = (int (*)(void))(uintptr_t)put();
    _exit(run == NULL ? 1 : run());
  }
  int status = 0;
  waitpid(child, &status, 0);
  unlink("new");
  const bool ran = WIFEXITED(status) && WEXITSTATUS(status) == answer_of_code;
  say(name, ": ", ran ? "runs" : "refused", "\n");
}

#define TRY(way) try_way(#way, way)

int main(void) {
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
  TRY(reading_means_executing);
  TRY(page_that_userfaultfd_fills);
  TRY(empty_code_written_by_a_tracer);
  say("left to the unit:\n");
  TRY(file_that_was_written);
  TRY(own_code_by_its_memory_file);
}
