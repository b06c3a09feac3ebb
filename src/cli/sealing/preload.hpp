// SPDX-License-Identifier: Apache-2.0
// Finding the library and the program, and what can keep the one out of the other.
#pragma once

#include "cli/elf/elf_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sealwax::cli {

/// Runs scripts that do not say what runs them, as in execvp(3).
inline constexpr const char* kShell = "/bin/sh";

struct Library {
  std::string path; ///< absolute
  ElfFile elf;
};

/// The path of the library that is beside this tool or in the library directory. Throws
/// CommandError.
[[nodiscard]] std::string search_library();

/// The library to preload: `wanted`, or where that is empty the one beside this tool or in the
/// library directory. Throws CommandError.
[[nodiscard]] Library find_library(const std::string& wanted);

/// `library` in front of what LD_PRELOAD holds.
[[nodiscard]] std::string preload_value(const std::string& library, const char* present);

/// The file that execvp(3) would run for `name`. Throws CommandError: not found, or not executable.
[[nodiscard]] std::string find_program(const std::string& name);

/// The file that the kernel will load for `program`: itself, or the interpreter of a script.
[[nodiscard]] std::string loaded_program(const std::string& program);

/// Why no loader that reads LD_PRELOAD starts a program, as a predicate; empty: one does, or,
/// packed, it brings one along (which its file hides).
[[nodiscard]] std::string why_no_loader(const ElfFile& elf);

/// Why a program would not be sealed.
struct Obstacle {
  enum class Kind : std::uint8_t {
    no_loader, ///< nothing in it reads LD_PRELOAD; whoever traces it can seal it all the same
    other,
  };
  std::string cause;  ///< a sentence without its full stop
  std::string effect; ///< what happens to the program that is run all the same
  std::string remedy; ///< what to do about it
  Kind kind = Kind::other;
};

/// What keeps the library out of `loaded`, which the kernel loads for `program`.
[[nodiscard]] std::vector<Obstacle> obstacles(const std::string& program, const std::string& loaded,
                                              const Library& library);

} // namespace sealwax::cli
