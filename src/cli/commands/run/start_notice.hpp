// SPDX-License-Identifier: Apache-2.0
// How a static program tells that its start code has come to its initialisers.
#pragma once

#include "cli/injection/remote_calls.hpp"
#include "cli/tracing/tracee.hpp"
#include "model/range.hpp"

#include <optional>
#include <string>

namespace sealwax::cli {

/// A page of instructions in a program that the pointer to its first initialiser leads to: they
/// raise a signal that nobody but a tracer notices, and go on to the initialiser. glibc's static
/// programs call that behind the mprotect of their RELRO (csu/libc-start.c), and make it in one
/// stop what would take two for each call of their start. Without a tracer the program passes by,
/// unharmed. Everything throws as Tracee does.
class StartNotice {
public:
  /// Lays the page into a program that has made no call yet. nullopt: it is not one of glibc's, or
  /// cannot be told so; then the program is as before.
  [[nodiscard]] static std::optional<StartNotice> lay(const Tracee& program, RemoteCalls& calls);

  /// Turns the pointer there. False: the start code has not relocated it.
  [[nodiscard]] bool divert(const Tracee& program);
  /// Whether the signal that the program is about to receive is the one.
  [[nodiscard]] bool is_given(const Tracee& program, int signal) const;
  /// The pointer is as it was, and the program before its initialiser.
  void undo(const Tracee& program) const;
  /// The page is gone; the program must not be in it. Empty, or why it could not be.
  [[nodiscard]] std::string clear(RemoteCalls& calls) const;

private:
  StartNotice(Range page, Address pointer, Range code, int signal)
      : page_(page), pointer_(pointer), code_(code), signal_(signal) {}

  Range page_;
  Address pointer_; ///< where it lies
  Range code_;      ///< what it can lead to
  int signal_;
  Address initialiser_ = 0; ///< what it leads to without this
};

} // namespace sealwax::cli
