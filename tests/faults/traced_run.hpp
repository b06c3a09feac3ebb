// SPDX-License-Identifier: Apache-2.0
// One run of a program some of whose library's system calls fail.
#pragma once

#include "fault_table.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace sealwax::faults {

struct Command {
  std::vector<std::string> words;
  std::vector<std::string> environment;
};

/// Which call fails, counted from the library's first, and in which of the ways that it can.
struct Fault {
  std::size_t call = 0;
  std::size_t choice = 0; ///< beyond the last it begins again
};

/// A system call that the library made.
struct LibraryCall {
  long number = 0;
  bool in_main = false; ///< or later, not at the start
  pid_t thread = 0;
  bool is_own = false; ///< the one that the program asked for, whose failing is the program's
};

/// What a call was made to answer.
struct Done {
  std::size_t call = 0;
  long number = 0;
  bool first_of_its_kind = false; ///< that the thread made
  Answer answer;
};

struct Outcome {
  std::string status; ///< `exit 0`, `killed by 9`
  std::string output;
  std::string errors;
  std::string journal; ///< what was sent there
  std::vector<LibraryCall> calls;
  std::vector<Done> done;
};

/// Runs it to its end. `library` is the file name by which its calls are known: they are made from
/// where that is mapped executable. The tracer is the journal.
Outcome run(const Command& command, const std::string& library, const std::vector<Fault>& faults);

} // namespace sealwax::faults
