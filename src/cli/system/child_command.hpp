// SPDX-License-Identifier: Apache-2.0
// Another program, run for what it answers.
#pragma once

#include "cli/system/descriptor.hpp"

#include <string>
#include <vector>

namespace sealwax::cli {

/// A running command, found in PATH where its name has no slash. It reads nothing; what it answers
/// can be read while it runs, and what it says beside is kept.
class ChildCommand {
public:
  /// Throws std::system_error where it cannot be started.
  explicit ChildCommand(const std::vector<std::string>& words);
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;
  /// Waits for its end.
  ~ChildCommand();

  [[nodiscard]] int answer() const { return answer_.number(); }

  struct Ending {
    int code = 0;     ///< its exit code; -1: a signal ended it
    std::string said; ///< on stderr, without the last line's end
  };
  /// Waits for its end. To be called once, when the answer has been read.
  [[nodiscard]] Ending finish();

private:
  pid_t pid_ = 0;
  Descriptor answer_;
  Descriptor messages_;
};

struct CommandOutcome {
  int code = 0;
  std::string answer;
  std::string said;
};

/// Runs it to its end. Throws std::system_error.
[[nodiscard]] CommandOutcome outcome_of(const std::vector<std::string>& words);

/// What it answers in English, however it ends; nothing where it cannot be started.
[[nodiscard]] std::string answer_of(std::vector<std::string> words);

} // namespace sealwax::cli
