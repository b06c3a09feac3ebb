// SPDX-License-Identifier: Apache-2.0
// What a run with a fault is held against.
#pragma once

#include "traced_run.hpp"

#include <map>
#include <string>

namespace sealwax::faults {

/// A run, taken apart.
struct Seen {
  struct Share {
    long sealed = 0;         ///< bytes
    long private_memory = 0; ///< of these
  };
  std::string status;
  std::string work;   ///< what the program would have written bare
  std::string errors; ///< likewise
  std::string reports;
  std::map<std::string, Share> shares; ///< by object and permissions
  std::string claims;                  ///< of what is said to be sealed, and is not
  long dropped = 0;                    ///< reports that could not be written
  long left_out = 0;                   ///< looks at what was loaded, which a filter may forbid

  [[nodiscard]] bool has_told(const std::string& event) const;
  [[nodiscard]] long refusals() const;
};

/// `file` is the text of the report file.
Seen take_apart(const Outcome& outcome, const std::string& file);

/// What is wrong with a run in which `done` failed; empty: nothing.
std::string fault_found(const Seen& run, const Seen& bare, const Seen& clean,
                        const std::vector<Done>& done);

} // namespace sealwax::faults
