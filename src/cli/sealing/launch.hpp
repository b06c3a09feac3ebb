// SPDX-License-Identifier: Apache-2.0
// Starting a program with the library preloaded: what the commands that do so share.
#pragma once

#include "cli/frame/command_line.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/preload.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

/// What such a command is asked to start, and how.
struct Launch {
  std::string policy;  ///< --policy; empty: the one that holds without it
  std::string library; ///< --library; empty: the one that is installed
  std::vector<std::string> command;
};

/// The options of such a command, and PROGRAM.
void add_launch(CommandLine& line, Launch& launch);

/// The files that a launch is about.
struct Target {
  Library library;
  std::string program;
  std::string loaded; ///< what the kernel loads for it: itself, or the interpreter of a script
};

/// Throws CommandError.
[[nodiscard]] Target find_target(const Launch& launch);

/// The value of SEALWAX_POLICY in the program.
[[nodiscard]] std::optional<std::string> policy_variable(const Launch& launch);

/// The policy that will hold in `program`, the file that the kernel loads. Throws CommandError
/// where that is not the one asked for, or is none.
[[nodiscard]] EffectivePolicy launch_policy(const std::string& program, const Launch& launch);

/// Everything that keeps `program`, for which the kernel loads `loaded`, from being sealed.
[[nodiscard]] std::vector<Obstacle>
launch_obstacles(const std::string& program, const std::string& loaded, const Library& library);

/// Changes this process's environment to what the program shall have.
void set_launch_environment(const Library& library, const Launch& launch);

/// Becomes `program`, as execvp(3) does. Throws CommandError.
[[noreturn]] void execute(const std::string& program, const std::vector<std::string>& command);

} // namespace sealwax::cli
