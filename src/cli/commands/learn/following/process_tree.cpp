// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/following/process_tree.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/sealing/preload.hpp"

#include <fmt/format.h>
#include <linux/kcmp.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace sealwax::cli::learn {
namespace {

/// What this process hears of: its tracees' stops, and what would end it.
sigset_t heeded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

/// Blocks them for as long as it lives, and knows the mask that the program is to have.
class HeededSignals {
public:
  HeededSignals() {
    const sigset_t set = heeded_signals();
    sigprocmask(SIG_BLOCK, &set, &before_);
  }
  HeededSignals(const HeededSignals&) = delete;
  HeededSignals& operator=(const HeededSignals&) = delete;
  /// A terminal's interrupt can end the program before this process has looked for its own, which
  /// would end it with what was learned untold.
  ~HeededSignals() {
    const sigset_t set = heeded_signals();
    constexpr timespec kAtOnce{};
    while (sigtimedwait(&set, nullptr, &kAtOnce) > 0) {
    }
    restore();
  }
  void restore() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

[[noreturn]] void become_child(const Descriptor& socket, const std::function<void()>& become) {
  ExitCode code = kCouldNotTell;
  std::string problem = "the program was executed and yet was not";
  char go = 0;
  if (recv(socket.number(), &go, 1, 0) != 1)
    _exit(code);
  try {
    become();
  } catch (const CommandError& error) {
    code = error.code();
    problem = error.what();
  } catch (const std::exception& error) {
    problem = error.what();
  }
  (void)!send(socket.number(), problem.data(), problem.size(), MSG_NOSIGNAL);
  _exit(code);
}

/// kcmp(2). A kernel without it leaves what the ways of starting a thread usually mean.
bool share_memory(pid_t one, pid_t other, int event) {
  const long order = syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0);
  return order >= 0 ? order == 0 : event != PTRACE_EVENT_FORK;
}

constexpr long kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
                          PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE;

} // namespace

std::shared_ptr<AddressSpace> AddressSpace::after_exec() const {
  auto next = std::make_shared<AddressSpace>();
  next->denies_exec_gain = next->denial_is_inherited = denial_is_inherited;
  if (denial_is_inherited)
    next->denier = denier;
  return next;
}

std::shared_ptr<AddressSpace> AddressSpace::after_fork() const {
  std::shared_ptr<AddressSpace> next = after_exec();
  next->program = program;
  next->seals = seals;
  next->former_files = former_files;
  return next;
}

void AddressSpace::forget(Range range) {
  seals.remove(range);
  former_files.remove(range);
}

Ending ProcessTree::run(const std::function<void()>& become) {
  const HeededSignals signals;
  start([&] {
    signals.restore();
    become();
  });
  follow();
  if (!ending_.executed)
    read_problem();
  return ending_;
}

void ProcessTree::start(const std::function<void()>& become) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw CommandError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  child_ = Descriptor{ends[0]};
  const Descriptor childs{ends[1]};
  first_ = fork();
  if (first_ == 0) {
    child_ = Descriptor{};
    become_child(childs, become);
  }
  if (first_ < 0)
    throw CommandError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (ptrace(PTRACE_SEIZE, first_, 0, kOptions) != 0) {
    const int error = errno;
    kill(first_, SIGKILL);
    waitpid(first_, nullptr, 0);
    throw CommandError(fmt::format("cannot trace the program: {}; is that forbidden here "
                                   "(kernel.yama.ptrace_scope, a container's filter)?",
                                   std::strerror(error)));
  }
  threads_[first_] = Thread{first_, std::make_shared<AddressSpace>()};
  (void)!send(child_.number(), "", 1, MSG_NOSIGNAL);
}

void ProcessTree::follow() {
  for (;;) {
    int status = 0;
    const pid_t id = waitpid(-1, &status, __WALL | WNOHANG);
    if (id < 0)
      return; // ECHILD: nobody is left
    if (id == 0 && request_)
      pass_on(*std::exchange(request_, {}));
    else if (id == 0)
      wait_for_something();
    else if (WIFSTOPPED(status))
      stopped(id, status);
    else
      ended(id, status);
  }
}

/// A request is heeded once all that has ended before is known to have.
void ProcessTree::wait_for_something() {
  const sigset_t set = heeded_signals();
  siginfo_t info{};
  // Long enough for a parent to tell of its child; one that was killed meanwhile never does.
  constexpr timespec kPatience{0, 100'000'000};
  const int signal =
      early_.empty() ? sigwaitinfo(&set, &info) : sigtimedwait(&set, &info, &kPatience);
  if (signal > 0 && signal != SIGCHLD)
    request_ = Request{signal, info.si_code > 0};
  if (signal < 0 && errno == EAGAIN)
    for (const pid_t child : std::set<pid_t>{early_})
      adopt(child);
}

/// A terminal tells the program by itself, which need not end for it. What goes on behind the
/// program's back, when it has ended, is ended at the second request at the latest.
void ProcessTree::pass_on(const Request& request) {
  if (!first_has_ended_) {
    ending_.was_asked = true;
    if (!request.from_terminal)
      kill(first_, request.signal);
    return;
  }
  for (const auto& [id, thread] : threads_)
    kill(id, asked_to_end_ ? SIGKILL : SIGTERM);
  asked_to_end_ = true;
}

void ProcessTree::ended(pid_t id, int status) {
  early_.erase(id);
  threads_.erase(id);
  if (id != first_)
    return;
  first_has_ended_ = true;
  ending_.status = status;
}

void ProcessTree::stopped(pid_t id, int status) {
  const auto found = threads_.find(id);
  const int signal = WSTOPSIG(status), event = status >> 16;
  if (event == PTRACE_EVENT_EXEC) {
    executed(id);
    return;
  }
  if (found == threads_.end()) {
    early_.insert(id);
    return;
  }
  Thread& thread = found->second;
  const Tracee tracee{id};
  int resume = PTRACE_CONT;
  try {
    switch (event) {
    case PTRACE_EVENT_STOP:
      event_stop(thread, signal);
      return;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      born(thread, event);
      break;
    case PTRACE_EVENT_SECCOMP:
      if (listener_.entering(thread, tracee.system_call()))
        resume = PTRACE_SYSCALL;
      break;
    default:
      if (signal != kSystemCallStop) {
        tracee.resume(PTRACE_CONT, signal);
        return;
      }
      listener_.leaving(thread, tracee.answer());
    }
  } catch (const TraceeGone&) {
    return; // the next wait tells
  }
  tracee.resume(resume, 0);
}

void ProcessTree::event_stop(Thread& thread, int signal) {
  // Job control: it stays stopped, until somebody continues it.
  Tracee{thread.id}.resume(signal == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, 0);
}

void ProcessTree::born(const Thread& parent, int event) {
  if (const pid_t id = Tracee{parent.id}.event_message(); threads_.count(id) == 0)
    add(id, parent, event);
}

void ProcessTree::add(pid_t id, const Thread& parent, int event) {
  Thread child{id, parent.space};
  if (!share_memory(parent.id, id, event))
    child.space = parent.space->after_fork();
  threads_[id] = std::move(child);
  if (early_.erase(id) != 0)
    Tracee{id}.resume(PTRACE_CONT, 0);
}

/// Of a thread that has stopped and whose parent may have been killed before it could tell. Then
/// somebody else is its parent now, and nobody knows what was sealed in it.
void ProcessTree::adopt(pid_t id) {
  const std::string path = fmt::format("/proc/{}/status", id);
  const auto process = static_cast<pid_t>(number_behind(path, "Tgid:\t").value_or(0));
  const auto parent = static_cast<pid_t>(number_behind(path, "PPid:\t").value_or(0));
  const auto known = threads_.find(process != id ? process : parent);
  const Thread stranger{id, std::make_shared<AddressSpace>()};
  add(id, known != threads_.end() ? known->second : stranger,
      process != id ? PTRACE_EVENT_CLONE : PTRACE_EVENT_FORK);
}

/// Of several threads the one that executes takes the process's ID, and the others are gone.
void ProcessTree::executed(pid_t id) {
  const Tracee tracee{id};
  try {
    if (const pid_t former = tracee.event_message(); former != id)
      threads_.erase(former);
    Thread& thread = threads_[id];
    thread =
        Thread{id, thread.space ? thread.space->after_exec() : std::make_shared<AddressSpace>()};
    ending_.executed |= id == first_;
    listener_.executed(thread);
  } catch (const TraceeGone&) {
    return;
  }
  tracee.resume(PTRACE_CONT, 0);
}

void ProcessTree::read_problem() {
  char text[4096];
  const ssize_t size = recv(child_.number(), text, sizeof text, MSG_DONTWAIT);
  if (WIFEXITED(ending_.status))
    ending_.problem_code = static_cast<ExitCode>(WEXITSTATUS(ending_.status));
  ending_.problem = size > 0 ? std::string{text, static_cast<std::size_t>(size)}
                             : "the program was killed before it began";
}

} // namespace sealwax::cli::learn
