// SPDX-License-Identifier: Apache-2.0
// The one way in which what a command does can fail.
#pragma once

#include "cli/frame/exit_code.hpp"

#include <stdexcept>
#include <string>

namespace sealwax::cli {

/// Why a command cannot do what it was asked: a message for people, and the code to end with, as
/// far as the command at hand has that one (see FailureCodes).
class CommandError : public std::runtime_error {
public:
  explicit CommandError(const std::string& message) : CommandError(kCouldNotTell, message) {}
  CommandError(ExitCode code, const std::string& message)
      : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

private:
  ExitCode code_;
};

} // namespace sealwax::cli
