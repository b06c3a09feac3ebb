// SPDX-License-Identifier: Apache-2.0
// A process none of whose threads runs, for a moment.
#pragma once

#include "cli/process/procfs.hpp"
#include "cli/tracing/tracee.hpp"
#include "outside/calls/interrupted_call.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

namespace sealwax::cli {

/// Why a process is not stopped, as a predicate to stand behind its name.
class Unwilling : public std::runtime_error {
public:
  Unwilling(const std::string& why, bool may_change)
      : std::runtime_error(why), again_(may_change) {}
  /// Another attempt a little later may find it otherwise.
  [[nodiscard]] bool may_change() const { return again_; }

private:
  bool again_;
};

/// Throws Unwilling where a look at it says that it is not to be stopped.
void check_can_be_stopped(const Process& process);

/// Stops all threads while it lives (PTRACE_SEIZE, PTRACE_INTERRUPT), and lets them go on as if
/// nothing had been: calls that the stop has interrupted are made again.
class StoppedProcess {
public:
  using Clock = std::chrono::steady_clock;

  /// `patience`: until all of them have to stand. Throws Unwilling; then all go on.
  StoppedProcess(const Process& process, Clock::duration patience);
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;
  ~StoppedProcess();

  /// The thread that the process began with.
  [[nodiscard]] const Tracee& first() const { return threads_.front(); }
  /// How that goes on once it was made to do something else; who asks puts its registers right.
  [[nodiscard]] outside::GoingOn first_goes_on();
  /// How long it has been stopped.
  [[nodiscard]] Clock::duration stopped_for() const { return Clock::now() - since_; }

private:
  /// Whether a signal that it does not block waits for a thread.
  [[nodiscard]] bool signal_awaits(const Tracee& thread) const;
  /// The call that it has stopped in.
  [[nodiscard]] arch::InterruptedCall call_of(const Tracee& thread,
                                              const arch::Registers& registers) const;
  [[nodiscard]] std::optional<arch::AwaitedCall> awaited_call(pid_t thread) const;
  [[nodiscard]] std::uint64_t waits_of(pid_t thread) const;
  void seize_all();
  bool seize_new();
  void interrupt(pid_t thread);
  [[nodiscard]] bool has_children(pid_t thread) const;
  void keep_from_filter(const Tracee& thread) const;
  void put_right(const Tracee& thread) const;
  [[nodiscard]] bool wait_for(const Tracee& thread, Clock::time_point deadline) const;
  void let_go() noexcept;

  const Process& process_;
  std::vector<Tracee> threads_;
  /// What they waited in before they were stopped, where that cannot be told behind it.
  struct Awaited {
    arch::AwaitedCall call;
    std::uint64_t waits; ///< how often the thread had waited for something, this time included
  };
  std::map<pid_t, Awaited> awaited_;
  bool first_is_left_alone_ = false;
  Clock::time_point since_;
};

} // namespace sealwax::cli
