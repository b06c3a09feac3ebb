// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run/entry_hold.hpp"

#include "cli/commands/run/early_end.hpp"
#include "cli/commands/run/entry_diversion.hpp"
#include "cli/output/output.hpp"
#include "cli/tracing/exec_tracer.hpp"
#include "cli/tracing/tracee.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <exception>
#include <optional>

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

  void end(std::string_view reason) {
    complain("{}", reason);
    end_before_its_begin(tracee_);
  }

  pid_t pid_;
  Tracee tracee_;
  const EntryCheck& check_;
  std::optional<EntryDiversion> diversion_;
  std::uint64_t inherited_mask_ = 0;
};

} // namespace

std::string hold_at_entry(const EntryCheck& check) {
  const auto hold = [&check](pid_t pid) { EntryHold{pid, check}.run(); };
  return trace_from_here(PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC, hold);
}

} // namespace sealwax::cli
