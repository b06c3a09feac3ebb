// SPDX-License-Identifier: Apache-2.0
// Tries each way by which bytes of a program's own become code, judged by whether they run: in a
// child of its own, since what is refused may end in death. With arguments also those that take
// rights, or a kernel's option, and files in each folder that is named.
#include "names.h"

#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
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

/// This program again, as a file that nobody has brought.
static int copy_of_itself(int file) {
  char block[4096];
  const int source = own_file();
  for (ssize_t size = 0; (size = read(source, block, sizeof block)) > 0;) {
    if (write(file, block, (size_t)size) != size) {
      return -1;
    }
  }
  return file;
}

/// What is executed answers as the bytes do.
static void* executed(int file) {
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

static void* file_executed(void) {
  const int written = open("new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  if (copy_of_itself(written) < 0) {
    return NULL;
  }
  close(written);
  return executed(open("new", O_PATH));
}

/// The same pages once to write to, and once as code.
static void* two_views(int executable_flags, int file, off_t at) {
  void* const code_at = mmap(NULL, page, rx, executable_flags, file, at);
  return code_at != MAP_FAILED && filled(mmap(NULL, page, rw, MAP_SHARED, file, at)) != NULL
             ? code_at
             : NULL;
}

static void* secret_memory(void) {
  const int file = (int)syscall(SYS_memfd_secret, 0);
  return file >= 0 && ftruncate(file, (off_t)page) == 0 ? two_views(MAP_SHARED, file, 0) : NULL;
}

static void* entries_of_io_uring(void) {
  struct io_uring_params parameters = {.flags = 0};
  const int ring = (int)syscall(SYS_io_uring_setup, 1, &parameters);
  return two_views(MAP_SHARED | MAP_POPULATE, ring, (off_t)IORING_OFF_SQES);
}

static int packet_ring(void) {
  const int packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  const struct tpacket_req request = {(unsigned)page, 1, (unsigned)page, 1};
  return setsockopt(packets, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0 ? packets
                                                                                        : -1;
}

static void* ring_of_packets(void) {
  return two_views(MAP_SHARED, packet_ring(), 0);
}

static void* ring_of_packets_privately(void) {
  return two_views(MAP_PRIVATE, packet_ring(), 0);
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

static void try_with_rights(void) {
  say("what takes rights:\n");
  TRY(secret_memory);
  TRY(entries_of_io_uring);
  TRY(ring_of_packets);
  TRY(ring_of_packets_privately);
}

static void try_folder(const char* folder) {
  say("in ", folder, ":\n");
  if (chdir(folder) == 0) {
    TRY(file_that_was_written);
    TRY(file_executed);
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
  if (count > 1) {
    try_with_rights();
  }
  for (int i = 1; i < count; ++i) {
    try_folder(arguments[i]);
  }
}
