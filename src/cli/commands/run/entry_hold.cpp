#include "cli/commands/run/entry_hold.hpp"

#include "cli/arch/arch.hpp"
#include "cli/commands/run/entry_diversion.hpp"
#include "cli/output/output.hpp"
#include "cli/system/descriptor.hpp"
#include "cli/tracing/tracee.hpp"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <optional>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// SIGSEGV in a signal mask.
constexpr std::uint64_t kFaultBit = std::uint64_t{1} << (SIGSEGV - 1);

/// Follows one process from before its exec to its entry point.
class EntryHold {
public:
  EntryHold(pid_t pid, const EntryCheck& check) : pid_(pid), tracee_(pid), check_(check) {}

  void run() {
    int status = 0;
    while (waitpid(pid_, &status, __WALL) == pid_) {
      if (!WIFSTOPPED(status))
        return; // it has ended by itself: before the exec, or in the loader
      try {
        if (stopped(status))
          return;
      } catch (const TraceeGone&) {
        continue; // killed while it was looked at
      } catch (const std::exception& error) {
        return end(error.what());
      }
    }
  }

private:
  /// What to do about a stop, see ptrace(2). True: there is nothing left to do.
  bool stopped(int status) {
    const int signal = WSTOPSIG(status);
    switch (status >> 16) {
    case PTRACE_EVENT_EXEC:
      divert();
      tracee_.resume(PTRACE_CONT, 0);
      return false;
    case PTRACE_EVENT_STOP:
      // Job control: it stays stopped, until somebody continues it.
      tracee_.resume(signal == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, 0);
      return false;
    default:
      if (signal == SIGSEGV && diversion_ && diversion_->is_reached(tracee_))
        return reached();
      tracee_.resume(PTRACE_CONT, signal);
      return false;
    }
  }

  /// A library's constructor may execute something else; then it starts anew.
  void divert() {
    diversion_.emplace(tracee_);
    inherited_mask_ = tracee_.signal_mask();
  }

  bool reached() {
    diversion_->undo(tracee_);
    // The kernel has unblocked SIGSEGV, which the program may have inherited blocked. Not undone:
    // where it was inherited ignored, it is now the default (force_sig_info_to_task).
    tracee_.set_signal_mask(tracee_.signal_mask() | (inherited_mask_ & kFaultBit));
    if (const std::string reason = check_(pid_); !reason.empty())
      end(reason);
    else
      tracee_.resume(PTRACE_DETACH, 0);
    return true;
  }

  /// Makes it exit with 125, by instructions of its own; should even that fail, it is killed.
  void end(std::string_view reason) {
    complain("{}", reason);
    try {
      tracee_.set_signal_mask(~std::uint64_t{0});
      tracee_.poke(arch::program_counter(tracee_.registers()), arch::kExit125);
      tracee_.resume(PTRACE_DETACH, 0);
    } catch (const std::exception&) {
      kill(pid_, SIGKILL);
    }
  }

  pid_t pid_;
  Tracee tracee_;
  const EntryCheck& check_;
  std::optional<EntryDiversion> diversion_;
  std::uint64_t inherited_mask_ = 0;
};

template <typename Value>
bool send_value(const Descriptor& socket, Value value) {
  return send(socket.number(), &value, sizeof value, MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof value);
}

template <typename Value>
bool receive_value(const Descriptor& socket, Value& value) {
  return recv(socket.number(), &value, sizeof value, MSG_WAITALL) ==
         static_cast<ssize_t>(sizeof value);
}

/// Nothing of the program's is held open but stderr, for the message; a terminal's signals and
/// hang-up are not the helper's.
void detach_from_caller(int socket) {
  setsid();
  (void)!chdir("/");
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  close_range(STDERR_FILENO + 1, static_cast<unsigned>(socket) - 1, 0);
  close_range(static_cast<unsigned>(socket) + 1, ~0U, 0);
  signal(SIGPIPE, SIG_IGN);
}

/// The helper: says who it is, waits for leave to trace (Yama's, see PR_SET_PTRACER), attaches.
[[noreturn]] void help(pid_t pid, Descriptor socket, const EntryCheck& check) {
  detach_from_caller(socket.number());
  char leave = 0;
  if (!send_value(socket, getpid()) || !receive_value(socket, leave))
    _exit(1);
  const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;
  const int error = ptrace(PTRACE_SEIZE, pid, 0, options) == 0 ? 0 : errno;
  if (!send_value(socket, error) || error != 0)
    _exit(1);
  socket = Descriptor{};
  EntryHold{pid, check}.run();
  _exit(0);
}

/// A child of a child: the program must not find a child that it did not start. False: none.
bool start_helper(Descriptor socket, const EntryCheck& check) {
  const pid_t pid = getpid();
  const pid_t child = fork();
  if (child == 0) {
    if (fork() == 0)
      help(pid, std::move(socket), check);
    _exit(0);
  }
  return child > 0 && (waitpid(child, nullptr, 0) == child || errno == ECHILD);
}

} // namespace

std::string hold_at_entry(const EntryCheck& check) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return std::strerror(errno);
  const Descriptor here{ends[0]};
  if (!start_helper(Descriptor{ends[1]}, check))
    return "no process can be started for it";
  pid_t helper = 0;
  if (!receive_value(here, helper))
    return "the helper process died";
  // Fails where there is no Yama, and then no leave is needed.
  prctl(PR_SET_PTRACER, helper, 0, 0, 0);
  int error = 0;
  if (!send_value(here, '\0') || !receive_value(here, error))
    return "the helper process died";
  return error == 0 ? std::string{} : std::strerror(error);
}

} // namespace sealwax::cli
