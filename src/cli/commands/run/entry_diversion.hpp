// SPDX-License-Identifier: Apache-2.0
// The pointer by which a program is entered, turned to where nothing is.
#pragma once

#include "cli/tracing/tracee.hpp"
#include "model/range.hpp"

#include <cstdint>

namespace sealwax::cli {

/// A program under it stops with SIGSEGV where all libraries have been initialised and nothing of
/// its own has run. Unlike a breakpoint in its code this leaves the code alone, which the library
/// would not move to private memory if somebody had changed it; and it needs no register of the
/// processor's, which some virtual machines let one set without heeding it.
class EntryDiversion {
public:
  /// At the stop of an exec (PTRACE_EVENT_EXEC). Throws CommandError, or as Tracee does.
  explicit EntryDiversion(const Tracee& tracee);

  /// Whether SIGSEGV, which the thread is about to receive, comes of it.
  [[nodiscard]] bool is_reached(const Tracee& tracee) const;
  /// As if it had never been, on the program's first instruction.
  void undo(const Tracee& tracee) const;

private:
  Address pointer_; ///< where it lies
  std::uint64_t original_ = 0;
  Address target_; ///< what it leads to without this
};

} // namespace sealwax::cli
