// SPDX-License-Identifier: Apache-2.0
#include "shim/kernel/seccomp_filter.hpp"

#include "model/enumerated.hpp"
#include "shim/kernel/arch/arch.hpp"
#include "shim/kernel/arch/odd_calls.hpp"
#include "shim/kernel/call_numbers.hpp"
#include "shim/kernel/line_reader.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <sched.h>

namespace sealwax::shim {
namespace {

using arch::system_call;

/// Calls that change nothing, each with the answer of a kernel that was let do it.
struct Trial {
  Call call;
  std::uint16_t number;
  std::uint32_t arguments[4];
  int answer;
};
constexpr int kAny = INT_MAX;
constexpr std::uint32_t kNoFile = ~0U; // -1

constexpr Trial kTrials[] = {
    {Call::mseal, kMseal, {0, 0, 0, 0}, 0}, // mseal of nothing
    {Call::mremap, SYS_mremap, {0, 0, 0, 0}, -EINVAL},
    {Call::madvise, SYS_madvise, {0, 0, MADV_WIPEONFORK, 0}, 0},
    {Call::ioctl, SYS_ioctl, {kNoFile, kProcmapQuery, 0, 0}, -EBADF},
    {Call::fstat, SYS_fstat, {kNoFile, 0, 0, 0}, -EBADF},
    {Call::getpid, SYS_getpid, {0, 0, 0, 0}, kAny},
    {Call::clock_gettime, SYS_clock_gettime, {0, 0, 0, 0}, kAny},
    {Call::socket, SYS_socket, {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, 0}, kAny},
    {Call::sendto, SYS_sendto, {kNoFile, 0, 0, 0}, -EBADF},
    {Call::write, SYS_write, {kNoFile, 0, 0, 0}, -EBADF},
    {Call::prctl, SYS_prctl, {66, 0, 0, 0}, kAny},          // PR_GET_MDWE
    {Call::openat2, kOpenat2, {kNoFile, 0, 0, 0}, -EINVAL}, // openat2 with a size of 0
    {Call::futex, SYS_futex, {0, FUTEX_WAKE_PRIVATE, 0, 0}, 0},
    {Call::statfs, SYS_statfs, {0, 0, 0, 0}, -EFAULT},
    {Call::pread, SYS_pread64, {kNoFile, 0, 0, 0}, -EBADF},
    {Call::protect_code, SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC, 0}, 0}, // of nothing
    {Call::statx, SYS_statx, {kNoFile, 0, AT_EMPTY_PATH, STATX__RESERVED}, kAny},
    {Call::geteuid, SYS_geteuid, {0, 0, 0, 0}, kAny},
    {Call::prlimit64, SYS_prlimit64, {0, RLIMIT_FSIZE, 0, 0}, 0},
    {Call::pwritev2, SYS_pwritev2, {kNoFile, 0, 0, 0}, -EBADF},
    {Call::rt_sigprocmask, SYS_rt_sigprocmask, {SIG_BLOCK, 0, 0, sizeof(Signals)}, 0},
    {Call::rt_sigpending, SYS_rt_sigpending, {0, sizeof(Signals), 0, 0}, -EFAULT},
    {Call::rt_sigtimedwait, SYS_rt_sigtimedwait, {0, 0, 0, sizeof(Signals)}, -EFAULT},
};
static_assert(in_order(kTrials, &Trial::call, static_cast<Call>(kCallCount - 1)));

bool passed(const Trial& trial, long answer) {
  if (trial.answer != kAny)
    return answer == trial.answer;
  return answer >= 0 || answer == -EFAULT || answer == -EAFNOSUPPORT || answer == -EINVAL;
}

/// Shared between the process and the children that try. What is being tried is written down before
/// each trial: after a death it tells which one that was, and the next child goes on behind it.
struct Progress {
  CallSet asked_about;
  unsigned next;
  bool limit_killed;
  bool wait_tried;
  bool may_wait;
  bool mseal_missing;
  CallSet passed;
};

[[noreturn]] void try_calls(volatile Progress& progress) {
  // A limit of one byte keeps a core file from being written, and a core_pattern's program from
  // being run (core(5)).
  constexpr rlimit kNoCore{1, 1};
  if (!progress.limit_killed) {
    progress.limit_killed = true;
    system_call(SYS_prlimit64, 0, RLIMIT_CORE, reinterpret_cast<long>(&kNoCore), 0);
    progress.limit_killed = false;
  }
  if (!progress.wait_tried) {
    progress.wait_tried = true;
    progress.may_wait = system_call(SYS_wait4, -1, 0, WNOHANG | __WALL, 0) == -ECHILD;
  }
  auto& allowed = const_cast<CallSet&>(progress.passed);
  while (progress.next < kCallCount) {
    const unsigned index = progress.next;
    progress.next = index + 1;
    const Trial& trial = kTrials[index];
    if (!const_cast<CallSet&>(progress.asked_about).has(trial.call))
      continue;
    const long answer = system_call(trial.number, trial.arguments[0], trial.arguments[1],
                                    trial.arguments[2], trial.arguments[3]);
    if (passed(trial, answer))
      allowed.add(trial.call);
    else if (trial.call == Call::mseal)
      progress.mseal_missing = answer == -ENOSYS;
  }
  system_call(SYS_exit_group, 0);
  for (;;)
    __builtin_trap(); // a filter keeps it from ending
}

} // namespace

FilterState FilterState::read(bool alone) {
  char buffer[1024]; // a thread's stack may be small
  // A filter need not be every thread's.
  LineReader lines{alone ? "/proc/self/status" : "/proc/thread-self/status", Slice<char>{buffer}};
  FilterState state;
  std::string_view line;
  while (lines.next_of('T', 'S', line)) {
    if (line.size() < 2 || (line[1] != 'r' && line[1] != 'e' && line[1] != 'p'))
      continue; // all but five
    if (std::uint32_t tracer = 0; number_after(line, "TracerPid:", tracer))
      state.traced = tracer != 0;
    if (number_after(line, "Seccomp_filters:", state.count)) // Linux 5.9, behind the mode
      break;
    state.known |= number_after(line, "Seccomp:", state.count);
    // What stands behind these (fs/proc/array.c, task_seccomp): a kernel without seccomp has
    // neither.
    if (line.starts_with("Speculation_Store_Bypass:")) {
      state.known = true;
      break;
    }
  }
  return state;
}

bool has_closing_filter() {
  return system_call(SYS_mprotect, static_cast<long>(kClosingFilterMark), 0, PROT_NONE) ==
         -kClosingFilterAnswer;
}

FilterVerdict probe_filter(CallSet asked_about) {
  FilterVerdict verdict;
  const Reply mapped = Kernel::map_shared(sizeof(Progress));
  if (!mapped.ok()) {
    verdict.untried = true;
    return verdict;
  }
  volatile Progress& progress = *new (reinterpret_cast<void*>(mapped.value())) Progress{};
  const_cast<CallSet&>(progress.asked_about) = asked_about;
  // Every child gets at least one step further than the one before it.
  constexpr unsigned kMostChildren = kCallCount + 2;
  for (unsigned children = 0; progress.next < kCallCount && children < kMostChildren; ++children) {
    // As vfork suspends, so that nothing needs to be waited for by a call that may be forbidden,
    // but with memory of its own: before Linux 5.16 a core dump killed whoever shared it.
    const long child = arch::clone_call(CLONE_VFORK);
    if (child == 0)
      try_calls(progress);
    if (child < 0) {
      verdict.no_child = children == 0 ? static_cast<int>(-child) : 0;
      break;
    }
    // Where waiting is forbidden the child stays a zombie until the program ends.
    while (progress.may_wait && system_call(SYS_wait4, child, 0, __WALL, 0) == -EINTR) {
    }
  }
  verdict.passed = const_cast<CallSet&>(progress.passed);
  verdict.forbids_mseal =
      !verdict.passed.has(Call::mseal) && !progress.mseal_missing && verdict.no_child == 0;
  Kernel::unmap(mapped.address(), sizeof(Progress));
  return verdict;
}

} // namespace sealwax::shim
