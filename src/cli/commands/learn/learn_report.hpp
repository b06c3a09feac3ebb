// SPDX-License-Identifier: Apache-2.0
// What `sealwax learn` answers.
#pragma once

#include "cli/commands/learn/closings.hpp"
#include "cli/exceptions/refused_calls.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli::learn {

/// What was watched at its usual work, in place of a program that is run.
struct Watched {
  std::string unit;   ///< empty: all that this boot has started
  std::string result; ///< how a unit fared, as systemd has it
  std::uint64_t seconds = 0;
};

struct Lesson {
  std::vector<std::string> command;
  std::string policy; ///< the path of the one tried; empty: the built-in default
  bool ran = false;
  int status = 0; ///< how the program ended, as waitpid(2) gives it
  bool was_asked_to_end = false;
  std::optional<Watched> watched;
  RefusedCalls refused_calls;
  std::vector<Closing> closings; ///< that are worth a word
  std::vector<std::string> remarks;
  bool has_exceptions = false;
  std::string policy_text; ///< with the exceptions
  std::string output;      ///< the file that has it; empty: none
  std::string next;        ///< the command to type
  std::vector<std::string> errors;

  /// It was killed, and by nobody who has asked this tool to end.
  [[nodiscard]] bool died() const;
  /// Nothing tells that it did not do all that it was to do.
  [[nodiscard]] bool came_to_its_end() const;
};

/// For people. The policy's text is a part of it where no file has it.
[[nodiscard]] std::string lesson_text(const Lesson& lesson, bool color);

/// One JSON document.
[[nodiscard]] std::string lesson_json(const Lesson& lesson, int exit_code);

} // namespace sealwax::cli::learn
