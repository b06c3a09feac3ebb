// SPDX-License-Identifier: Apache-2.0
// In which ways a system call can fail.
#pragma once

#include <span>
#include <string>

namespace sealwax::faults {

/// What a call is answered in place of what the kernel would have.
struct Answer {
  enum Kind {
    error,       ///< the call is not made, and fails
    error_after, ///< it is made, and is said to have failed: a close
    empty,       ///< nothing is read
    cut,         ///< one byte is read, or written
    garbage,     ///< what was read is not what the file has
  };
  Kind kind = error;
  int number = 0; ///< of an error: errno's value
};

/// Each that a call with this number can have; none for one that cannot fail.
std::span<const Answer> answers_to(long call);

std::string name_of_call(long call);
std::string name_of(const Answer& answer);

} // namespace sealwax::faults
