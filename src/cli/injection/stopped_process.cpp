// SPDX-License-Identifier: Apache-2.0
#include "cli/injection/stopped_process.hpp"

#include "cli/process/process_facts.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

namespace sealwax::cli {
namespace {

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator{fmt::format("/proc/{}/task", pid), error}) {
    const std::string name = entry.path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    threads.push_back(thread);
  }
  std::sort(threads.begin(), threads.end());
  return threads;
}

[[noreturn]] void cannot_trace(int error) {
  if (error == EPERM || error == EACCES)
    throw Unwilling("may not be traced: be root or its owner, and see kernel.yama.ptrace_scope (1: "
                    "root alone, or its parent; 2: root alone; 3: nobody)",
                    false);
  throw Unwilling(fmt::format("cannot be traced: {}", std::strerror(error)), error == ESRCH);
}

/// The kernel takes this option from root alone, and not everywhere (CONFIG_CHECKPOINT_RESTORE).
void suspend_filter(pid_t thread) {
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP;
  if (ptrace(PTRACE_SETOPTIONS, thread, 0, options) != 0)
    throw Unwilling(
        fmt::format("is under a seccomp filter, which cannot be suspended for the calls "
                    "({}); be root, on a kernel with CONFIG_CHECKPOINT_RESTORE",
                    std::strerror(errno)),
        false);
}

/// Whether a thread's calls come back to itself as SIGSYS (PR_SET_SYSCALL_USER_DISPATCH, prctl(2)),
/// as the calls that it is made to make would.
bool dispatches_its_calls(pid_t thread) {
  // linux/ptrace.h, which can be older than the kernel: struct ptrace_sud_config.
  struct {
    std::uint64_t mode, selector, offset, size;
  } config{};
  constexpr auto kGetConfig = static_cast<__ptrace_request>(0x4211);
  return ptrace(kGetConfig, thread, sizeof config, &config) == 0 && config.mode != 0;
}

} // namespace

void check_can_be_stopped(const Process& process) {
  const std::string status = process.text("status").value_or("");
  if (const std::uint64_t tracer = status_number(status, "TracerPid").value_or(0); tracer != 0)
    throw Unwilling(fmt::format("is traced already, by process {}", tracer), false);
  switch (parse_stat(process.text("stat").value_or("")).letter) {
  case 'T':
  case 't':
    throw Unwilling("is stopped; let it go on first (kill -CONT)", false);
  case 'Z':
  case 'X':
    throw Unwilling("has ended, or its first thread has", false);
  default:
    break;
  }
  if (status.find("x86_Thread_features:") != std::string::npos &&
      status.find("shstk", status.find("x86_Thread_features:")) <
          status.find('\n', status.find("x86_Thread_features:")))
    throw Unwilling("has a shadow stack, in which nothing else can be called", false);
}

StoppedProcess::StoppedProcess(const Process& process, Clock::duration patience)
    : process_(process), since_(Clock::now()) {
  check_can_be_stopped(process);
  const Clock::time_point deadline = Clock::now() + patience;
  try {
    seize_all();
    std::size_t waited = 0;
    do {
      for (; waited < threads_.size(); ++waited)
        if (wait_for(threads_[waited], deadline))
          keep_from_filter(threads_[waited]);
    } while (seize_new());
    if (status_number(process.text("status").value_or(""), "Seccomp").value_or(0) != 0)
      suspend_filter(first().thread());
    if (dispatches_its_calls(first().thread()))
      throw Unwilling(
          "has its system calls handed to itself (prctl, PR_SET_SYSCALL_USER_DISPATCH), "
          "and would find others among them",
          false);
  } catch (...) {
    let_go();
    throw;
  }
}

StoppedProcess::~StoppedProcess() {
  let_go();
}

/// A signal that the process ignores is not ignored any more where the thread that it is for is
/// traced (a child's end is for who forked it, any other for the first thread), and wakes up
/// whichever is not busy with another: that one, as long as it has not been interrupted. So all are
/// traced before one is interrupted; those whom such signals can be for are the last to be, and the
/// first to be let go.
void StoppedProcess::seize_all() {
  const pid_t pid = process_.pid();
  std::vector<pid_t> threads = threads_of(pid);
  std::stable_partition(threads.begin(), threads.end(),
                        [&](pid_t thread) { return thread != pid && !has_children(thread); });
  for (const pid_t thread : threads) {
    if (ptrace(PTRACE_SEIZE, thread, 0, thread == pid ? PTRACE_O_TRACESYSGOOD : 0) == 0)
      threads_.insert(threads_.begin(), Tracee{thread});
    else if (thread == pid)
      cannot_trace(errno);
  }
  since_ = Clock::now();
  const auto first = std::find_if(threads_.begin(), threads_.end(),
                                  [pid](const Tracee& thread) { return thread.thread() == pid; });
  if (first == threads_.end())
    cannot_trace(ESRCH);
  std::rotate(threads_.begin(), first, first + 1);
  for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread)
    interrupt(thread->thread());
  seize_new();
}

void StoppedProcess::interrupt(pid_t thread) {
  if constexpr (arch::kForgetsCalls) {
    const std::uint64_t waits = waits_of(thread);
    if (const auto call = awaited_call(thread))
      awaited_.emplace(thread, Awaited{*call, waits});
  }
  ptrace(PTRACE_INTERRUPT, thread, 0, 0);
}

bool StoppedProcess::has_children(pid_t thread) const {
  const std::string name = fmt::format("task/{}/children", thread);
  return !process_.text(name.c_str()).value_or("").empty();
}

/// Threads that came meanwhile. False: none.
bool StoppedProcess::seize_new() {
  bool found = false;
  for (const pid_t thread : threads_of(process_.pid())) {
    const auto is_it = [thread](const Tracee& known) { return known.thread() == thread; };
    if (std::any_of(threads_.begin(), threads_.end(), is_it) ||
        ptrace(PTRACE_SEIZE, thread, 0, 0) != 0) // it may just have ended
      continue;
    threads_.emplace_back(thread);
    interrupt(thread);
    found = true;
  }
  return found;
}

/// False: it has ended.
bool StoppedProcess::wait_for(const Tracee& thread, Clock::time_point deadline) const {
  // Most stand at once, and a timer takes longer than that.
  constexpr int kAwake = 500;
  for (int looks = 0;; ++looks) {
    int status = 0;
    const pid_t id = waitpid(thread.thread(), &status, __WALL | WNOHANG);
    if (id < 0 || (id > 0 && !WIFSTOPPED(status)))
      return false;
    if (id > 0 && status >> 16 == PTRACE_EVENT_STOP) {
      if (WSTOPSIG(status) != SIGTRAP)
        throw Unwilling("is stopped; let it go on first (kill -CONT)", false);
      return true;
    }
    if (id > 0) // a signal that was on its way; the stop that was asked for follows
      thread.resume(PTRACE_CONT, status >> 16 == 0 ? WSTOPSIG(status) : 0);
    else if (Clock::now() > deadline)
      throw Unwilling("does not stop: a thread waits in the kernel for what cannot be interrupted "
                      "(a disk, the end of a vfork)",
                      false);
    else if (looks < kAwake)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(std::chrono::microseconds{50});
  }
}

bool StoppedProcess::signal_awaits(const Tracee& thread) const {
  const std::string name = fmt::format("task/{}/status", thread.thread());
  return awaited_signals(process_.text(name.c_str()).value_or("")) != 0;
}

/// By the file in its folder (proc_pid_syscall(5)): number, arguments, stack pointer, instruction
/// pointer; nullopt: it runs.
std::optional<arch::AwaitedCall> StoppedProcess::awaited_call(pid_t thread) const {
  const std::string name = fmt::format("task/{}/syscall", thread);
  const std::string text = process_.text(name.c_str()).value_or("");
  arch::AwaitedCall call;
  auto& [a, b, c, d, e, f] = call.arguments;
  if (std::sscanf(text.c_str(), "%ld %lx %lx %lx %lx %lx %lx %lx %lx", &call.number, &a, &b, &c, &d,
                  &e, &f, &call.stack_pointer, &call.behind) != 9)
    return std::nullopt;
  return call;
}

std::uint64_t StoppedProcess::waits_of(pid_t thread) const {
  const std::string name = fmt::format("task/{}/status", thread);
  return status_number(process_.text(name.c_str()).value_or(""), "voluntary_ctxt_switches")
      .value_or(0);
}

/// Where a stopped thread's registers have forgotten it, it is the one that it was seen to wait in
/// right before, by all that they have of it, and by its having waited once more since: in the
/// stop.
arch::InterruptedCall StoppedProcess::call_of(const Tracee& thread,
                                              const arch::Registers& registers) const {
  if constexpr (!arch::kForgetsCalls)
    return arch::interrupted_call(registers);
  const auto found = awaited_.find(thread.thread());
  if (found == awaited_.end() || waits_of(thread.thread()) != found->second.waits + 1)
    return {};
  return arch::interrupted_call(registers, found->second.call);
}

outside::GoingOn StoppedProcess::first_goes_on() {
  first_is_left_alone_ = true;
  const arch::Registers registers = first().registers();
  return outside::going_on(registers, call_of(first(), registers), signal_awaits(first()));
}

/// At once: should this process be killed, the thread goes on by what it has.
void StoppedProcess::keep_from_filter(const Tracee& thread) const try {
  const arch::Registers registers = thread.registers();
  const auto anew = outside::begun_anew(registers, call_of(thread, registers));
  const std::string name = fmt::format("task/{}/status", thread.thread());
  if (anew && status_number(process_.text(name.c_str()).value_or(""), "Seccomp").value_or(0) != 0 &&
      !signal_awaits(thread))
    thread.set_registers(*anew);
} catch (const TraceeGone&) {
  // Killed in the meantime.
}

/// Where a call has answered to the stop it is made again.
void StoppedProcess::put_right(const Tracee& thread) const {
  const arch::Registers registers = thread.registers();
  if (const auto repeated = outside::repeated_for_it(registers, call_of(thread, registers), false);
      repeated && !signal_awaits(thread))
    thread.set_registers(*repeated);
}

/// Quickly, one behind the other, for what is said at seize_all(). A thread that does not stand is
/// let go by the kernel when this process ends, at the latest.
void StoppedProcess::let_go() noexcept {
  const Tracee* const left_alone = first_is_left_alone_ ? &threads_.front() : nullptr;
  for (const Tracee& thread : threads_) {
    try {
      if (&thread != left_alone)
        put_right(thread);
    } catch (const std::exception&) {
      // It has ended, or it does not stand.
    }
  }
  std::stable_partition(threads_.begin(), threads_.end(),
                        [this](const Tracee& thread) { return has_children(thread.thread()); });
  for (const Tracee& thread : threads_)
    ptrace(PTRACE_DETACH, thread.thread(), 0, 0);
  threads_.clear();
}

} // namespace sealwax::cli
