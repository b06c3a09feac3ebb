// SPDX-License-Identifier: Apache-2.0
#include "cli/system/kernel_probe.hpp"

#include "cli/system/descriptor.hpp"

#include <linux/prctl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

// Headers older than the kernel lack these.
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

namespace sealwax::cli {
namespace {

/// struct procmap_query of linux/fs.h, whose size is part of the call's number.
struct ProcmapQuery {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t address;
  std::uint64_t answers[10];
};
static_assert(sizeof(ProcmapQuery) == 104);
constexpr unsigned long kProcmapQuery = _IOWR('f', 17, ProcmapQuery);

/// What `question` answers in a child, which may die of it or change itself.
struct ChildAnswer {
  bool asked = false;
  bool killed = false;
  int value = 0;
};

template <typename Question>
ChildAnswer ask_child(Question question) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // no core file
    _exit(static_cast<int>(question()));
  }
  ChildAnswer result;
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return result;
  result.asked = child > 0;
  result.killed = result.asked && !WIFEXITED(status);
  result.value = WEXITSTATUS(status);
  return result;
}

std::size_t page_size() {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void* new_page() {
  void* page = mmap(nullptr, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? nullptr : page;
}

Mseal try_mseal() {
  void* page = new_page();
  if (page == nullptr)
    return Mseal::unknown;
  if (syscall(kMseal, page, page_size(), 0L) != 0)
    return errno == ENOSYS ? Mseal::missing : Mseal::refused;
  return munmap(page, page_size()) != 0 && errno == EPERM ? Mseal::works : Mseal::idle;
}

Mdwe try_mdwe() {
  if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
    return Mdwe::missing;
  void* page = new_page();
  if (page == nullptr)
    return Mdwe::unknown;
  return mprotect(page, page_size(), PROT_READ | PROT_EXEC) != 0 ? Mdwe::works : Mdwe::missing;
}

/// Opened before the child, whose /proc/self/mem belongs to root once it makes no core files.
bool can_write(int memory) {
  const void* page = new_page();
  const char byte = 'x';
  return page != nullptr &&
         pwrite(memory, &byte, 1, static_cast<off_t>(reinterpret_cast<std::uintptr_t>(page))) == 1;
}

} // namespace

/// By a file: what loaded this program has opened and read files too, so that no filter kills for
/// it.
bool may_be_filtered() {
  return number_behind("/proc/self/status", "\nSeccomp:\t") != 0;
}

Mseal probe_mseal() {
  if (!may_be_filtered())
    return try_mseal(); // what it leaves sealed is a page of nobody's
  const ChildAnswer answer = ask_child(try_mseal);
  if (!answer.asked)
    return Mseal::unknown;
  return answer.killed ? Mseal::killed : static_cast<Mseal>(answer.value);
}

Mdwe probe_mdwe() {
  const ChildAnswer answer = ask_child(try_mdwe);
  return answer.asked && !answer.killed ? static_cast<Mdwe>(answer.value) : Mdwe::unknown;
}

std::optional<bool> probe_procmap_query() {
  const Descriptor maps{open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
  if (!maps.open())
    return std::nullopt;
  ProcmapQuery query{};
  query.size = sizeof query;
  query.address = reinterpret_cast<std::uintptr_t>(&probe_procmap_query);
  return ioctl(maps.number(), kProcmapQuery, &query) == 0;
}

std::optional<bool> probe_memory_file() {
  const Descriptor memory{open("/proc/self/mem", O_RDWR | O_CLOEXEC)};
  if (!memory.open())
    return std::nullopt;
  return can_write(memory.number());
}

} // namespace sealwax::cli
