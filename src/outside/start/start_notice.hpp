// SPDX-License-Identifier: Apache-2.0
// How a static program tells that its start code has come to its initialisers.
#pragma once

#include "model/range.hpp"
#include "outside/calls/remote_calls.hpp"
#include "outside/kernel/kernel_call.hpp"

#include <optional>

namespace sealwax::outside {

/// A page of instructions in a program that the pointer to its first initialiser leads to: they
/// raise a signal that nobody but a tracer notices, and go on to the initialiser. glibc's static
/// programs call that behind the mprotect of their RELRO (csu/libc-start.c), and make it in one
/// stop what would take two for each call of their start. Without a tracer the program passes by,
/// unharmed. What goes wrong is the thread's error().
class StartNotice {
public:
  /// Lays the page into a program that has made no call yet and is executed from `file`. nullopt:
  /// it is not one of glibc's, or cannot be told so; then the program is as before.
  /// `spare`: so many bytes more are laid out behind the page.
  [[nodiscard]] static std::optional<StartNotice> lay(const File& file, std::size_t spare,
                                                      RemoteCalls& calls);

  /// Turns the pointer there. False: the start code has not relocated it.
  [[nodiscard]] bool divert(TracedThread& program);
  /// Whether the signal that the program is about to receive is the one.
  [[nodiscard]] bool is_given(TracedThread& program, int signal) const;
  /// The pointer is as it was, and the program before its initialiser.
  void undo(TracedThread& program) const;
  /// The page is gone; the program must not be in it. The kernel's answer.
  [[nodiscard]] long clear(RemoteCalls& calls) const;
  [[nodiscard]] Range page() const { return page_; }
  /// Behind the page; the program does not write there.
  [[nodiscard]] Range spare() const { return {page_.begin + kPage, page_.end}; }
  /// In the page, where a script can be put once the notice is given.
  [[nodiscard]] Address place_for_script() const { return page_.begin + kPage / 4; }
  [[nodiscard]] int signal() const { return signal_; }

private:
  static constexpr std::size_t kPage = 4096; ///< where there are notices
  StartNotice(Range page, Address pointer, Range code, int signal)
      : page_(page), pointer_(pointer), code_(code), signal_(signal) {}

  Range page_;
  Address pointer_; ///< where it lies
  Range code_;      ///< what it can lead to
  int signal_;
  Address initialiser_ = 0; ///< what it leads to without this
};

} // namespace sealwax::outside
