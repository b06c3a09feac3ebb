// SPDX-License-Identifier: Apache-2.0
// A program that is run step by step, and what of its steps is the library's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sealwax::cost {

struct Command {
  std::vector<std::string> words;
  std::vector<std::string> environment;
};

struct Steps {
  std::vector<long> calls; ///< numbers of system calls, without those that look for the vdso
  std::uint64_t instructions = 0;
};

enum class Counted {
  start,         ///< from the library's first instruction to its last
  between_marks, ///< the program's first two
  behind_stop, ///< likewise, once it has sent itself a SIGSTOP: until then it runs as fast as ever
};

/// The library's steps of a run. A string instruction counts once, however long it repeats. Stops
/// the test with a message where that cannot be had.
Steps steps_of(const Command& command, const std::string& library, Counted counted);

/// What is left when the program ends.
struct Footprint {
  std::uint64_t faults = 0;   ///< of pages, that needed no disk
  std::uint64_t mappings = 0; ///< lines of /proc/PID/maps, at the end
};

/// At an undisturbed run; of several the least, for what the kernel does beside counts as well.
Footprint footprint_of(const Command& command);

/// Prints why, and ends the test as failed.
[[noreturn]] void give_up(const std::string& why);

} // namespace sealwax::cost
