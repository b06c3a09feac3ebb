// SPDX-License-Identifier: Apache-2.0
// How a static program tells that its start code has come to its initialisers.
#pragma once

#include "model/range.hpp"
#include "outside/calls/remote_calls.hpp"
#include "outside/kernel/kernel_call.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sealwax::outside {

/// Where its instructions lie.
enum class NoticePlace : std::uint8_t {
  in_code, ///< in the program's own, in what of its last page its file says nothing of; where that
           ///< is too little, as below. Nothing has to be mapped for it, and unmapped again.
  apart,   ///< in a page that is mapped for it
};

/// Instructions in a program that the pointer to its first initialiser leads to: they raise a
/// signal that nobody but a tracer notices, and go on to the initialiser. glibc's static programs
/// call that behind the mprotect of their RELRO (csu/libc-start.c), and make it in one stop what
/// would take two for each call of their start. Without a tracer the program passes by, unharmed.
/// What goes wrong is the thread's error().
class StartNotice {
public:
  /// Lays them into a program that has made no call yet and is executed from `file`, and turns the
  /// pointer there where it need not be relocated first. nullopt: it is not one of glibc's, or
  /// cannot be told so; then the program is as before.
  [[nodiscard]] static std::optional<StartNotice> lay(const File& file, NoticePlace place,
                                                      TracedThread& program, RemoteCalls& calls);

  [[nodiscard]] bool is_diverted() const { return initialiser_ != 0; }
  /// Turns the pointer there. False: the start code has not relocated it.
  [[nodiscard]] bool divert(TracedThread& program);
  /// Whether the signal that the program is about to receive is the one.
  [[nodiscard]] bool is_given(TracedThread& program, int signal) const;
  /// The pointer is as it was, and the program before its initialiser.
  void undo(TracedThread& program) const;
  [[nodiscard]] bool is_in_code() const { return in_code_; }
  /// The page that they lie in apart is gone. The kernel's answer.
  [[nodiscard]] long unmap(RemoteCalls& calls) const;
  /// The program's code is as it was. Not before the program has left what lies there: it goes on
  /// by that, should its tracer die.
  void restore_code(TracedThread& program) const;
  /// Where they lie, and scripts behind them.
  [[nodiscard]] Range room() const { return room_; }
  [[nodiscard]] Range room_for_script() const { return {room_.begin + kInstructions, room_.end}; }
  [[nodiscard]] int signal() const { return signal_; }

private:
  static constexpr std::size_t kPage = 4096; ///< where there are notices
  static constexpr std::size_t kInstructions = 64;
  static constexpr std::size_t kLeast = 512, kMost = 1024;
  StartNotice(Address pointer, Range code, int signal)
      : pointer_(pointer), code_(code), signal_(signal) {}
  [[nodiscard]] bool lies_in_code(Range spare, TracedThread& program);
  [[nodiscard]] bool lies_apart(RemoteCalls& calls);

  Range room_;
  bool in_code_ = false;
  std::array<std::uint8_t, kMost> kept_{}; ///< what is there without this, in the program's code
  Address pointer_;                        ///< where it lies
  Range code_;                             ///< what it can lead to
  int signal_;
  Address initialiser_ = 0; ///< what it leads to without this
};

} // namespace sealwax::outside
