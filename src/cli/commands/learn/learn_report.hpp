// What `sealwax learn` answers.
#pragma once

#include "cli/exceptions/refused_calls.hpp"

#include <string>
#include <vector>

namespace sealwax::cli::learn {

struct Lesson {
  std::vector<std::string> command;
  std::string policy; ///< the path of the one tried; empty: the built-in default
  bool ran = false;
  int status = 0; ///< how the program ended, as waitpid(2) gives it
  RefusedCalls refused_calls;
  std::vector<std::string> remarks;
  bool has_exceptions = false;
  std::string policy_text; ///< with the exceptions
  std::string output;      ///< the file that has it; empty: none
  std::string next;        ///< the command to type
  std::vector<std::string> errors;
};

/// For people. The policy's text is a part of it where no file has it.
[[nodiscard]] std::string lesson_text(const Lesson& lesson, bool color);

/// One JSON document.
[[nodiscard]] std::string lesson_json(const Lesson& lesson, int exit_code);

} // namespace sealwax::cli::learn
