// SPDX-License-Identifier: Apache-2.0
// Instructions of a process's own by which it can be made to call the kernel.
#pragma once

#include "cli/process/survey.hpp"
#include "model/range.hpp"

#include <vector>

namespace sealwax::cli {

/// Addresses; 0: there is none.
struct CallInstructions {
  Address call_and_return = 0; ///< a system call, then a return
  Address call_alone = 0;      ///< a system call, whatever follows
  Address signal_return = 0;   ///< calls rt_sigreturn(2)
  Address pop_number = 0;      ///< takes the next call's number from the stack, then returns

  /// Whether a thread can make a call and then go back by itself, whoever watches.
  [[nodiscard]] bool lead_back() const {
    return call_and_return != 0 && (signal_return != 0 || pop_number != 0);
  }
  /// Of those that there are, each one's first byte.
  [[nodiscard]] std::vector<Range> places() const;
};

/// Whatever of them lies in memory that the process may execute and not write: a file's first, for
/// what a compiler makes as the program runs can be another thing the next moment.
[[nodiscard]] CallInstructions find_call_instructions(const Survey& survey);

} // namespace sealwax::cli
