// SPDX-License-Identifier: Apache-2.0
#include "cli/sealing/launch.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/named.hpp"
#include "cli/system/kernel_probe.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace sealwax::cli {

void add_launch(CommandLine& line, Launch& launch) {
  line.app().add_option("--policy", launch.policy);
  line.app().add_option("--library", launch.library);
  line.add_program(launch.command);
}

Target find_target(const Launch& launch) {
  Target target;
  target.library = find_library(launch.library);
  target.program = find_program(launch.command.front());
  target.loaded = loaded_program(target.program);
  if (access(target.loaded.c_str(), F_OK) != 0)
    throw CommandError(kNotFound,
                       fmt::format("cannot run {}: its interpreter {} is missing; install it",
                                   printable(target.program), printable(target.loaded)));
  return target;
}

std::optional<std::string> policy_variable(const Launch& launch) {
  if (!launch.policy.empty())
    return policy_named(SystemRoot{}, launch.policy);
  const char* present = std::getenv(kPolicyVariable);
  return present != nullptr ? std::optional<std::string>{present} : std::nullopt;
}

EffectivePolicy launch_policy(const std::string& program, const Launch& launch) {
  std::error_code error;
  const std::string path = std::filesystem::canonical(program, error).string();
  const std::optional<std::string> variable = policy_variable(launch);
  EffectivePolicy policy = policy_after_exec(path, variable);
  if (!policy.problem().empty())
    throw CommandError(printable(policy.problem()));
  if (!launch.policy.empty() && policy.source() != *variable)
    throw CommandError(
        fmt::format("{} says 'environment = deny', so that --policy has no effect; run "
                    "without it",
                    kSystemPolicy));
  for (const std::string& note : policy.notes())
    complain("warning: {}", printable(note));
  return policy;
}

std::vector<Obstacle> launch_obstacles(const std::string& program, const std::string& loaded,
                                       const Library& library) {
  std::vector<Obstacle> found = obstacles(program, loaded, library);
  const std::string effect = fmt::format("{} runs unsealed", printable(program));
  switch (probe_mseal()) {
  case Mseal::works:
  case Mseal::unknown:
    break;
  case Mseal::missing:
    found.push_back({"this kernel has no mseal(2)", effect, "Linux 6.10 and later have it"});
    break;
  case Mseal::refused:
  case Mseal::killed:
  case Mseal::idle:
    found.push_back({"mseal(2) is refused here, most likely by a seccomp filter", effect,
                     "the filter has to allow it"});
    break;
  }
  return found;
}

void set_launch_environment(const Library& library, const Launch& launch) {
  const std::string preload = preload_value(library.path, std::getenv("LD_PRELOAD"));
  setenv("LD_PRELOAD", preload.c_str(), 1);
  if (!launch.policy.empty())
    setenv(kPolicyVariable, policy_variable(launch)->c_str(), 1);
}

void execute(const std::string& program, const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 2);
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  if (errno == ENOEXEC && loaded_program(program) == kShell) {
    std::string shell = kShell;
    std::string script = program;
    arguments[0] = script.data();
    arguments.insert(arguments.begin(), shell.data());
    execv(shell.c_str(), arguments.data());
  }
  if (errno == ENOENT)
    throw CommandError(kNotFound, fmt::format("cannot run {}: the loader that it names is missing; "
                                              "install it",
                                              printable(program)));
  throw CommandError(kNotExecutable, fmt::format("cannot run {}: {}; name an executable file",
                                                 printable(program), std::strerror(errno)));
}

} // namespace sealwax::cli
