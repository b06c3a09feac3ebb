// SPDX-License-Identifier: Apache-2.0
// The start of a program that no loader starts.
#pragma once

#include "model/range.hpp"
#include "outside/calls/traced_thread.hpp"
#include "outside/start/start_notice.hpp"

#include <cstdint>

namespace sealwax::outside {

/// Follows a process that this one traces (PTRACE_SEIZE, PTRACE_O_TRACEEXEC,
/// PTRACE_O_TRACESYSGOOD) from before its exec to where its RELRO is constant. What goes
/// wrong is the thread's error().
class StaticStart {
public:
  explicit StaticStart(int pid) : program_(pid) {}

  [[nodiscard]] TracedThread& program() { return program_; }

  /// Lets it go on until it has executed something, and stands on its first instruction, in its
  /// exec still. False: it has ended.
  [[nodiscard]] bool run_to_exec();
  /// It stands there already (PTRACE_EVENT_EXEC).
  void begin_in_exec() { program_.stands_in_exec(); }
  /// Whether musl's start code is what it stands on.
  [[nodiscard]] bool starts_as_with_musl();

  enum class Relro : std::uint8_t {
    complete, ///< it writes to it no more, and stands behind a call
    writable, ///< it does something else than what belongs to a start; it has not done it yet
    gone,     ///< it has ended
  };
  /// Lets it go on to the end of its first call of the kernel.
  [[nodiscard]] Relro run_to_first_call();
  /// Lets it go on until it makes `relro` read-only by itself.
  [[nodiscard]] Relro run_to_constant(Range relro);

  enum class Noticed : std::uint8_t {
    given, ///< it stands before its first initialiser
    never, ///< it cannot be told so; it stands behind its first call
    gone,
  };
  /// Lets it go on to where it gives notice, which is then undone.
  [[nodiscard]] Noticed run_to_notice(StartNotice& notice);

private:
  [[nodiscard]] bool run_to_call_stop();
  [[nodiscard]] bool leave_exec();
  [[nodiscard]] bool wait_for_stop(int& status);

  TracedThread program_;
};

} // namespace sealwax::outside
