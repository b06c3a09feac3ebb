// SPDX-License-Identifier: Apache-2.0
// What the commands of `sealwax policy` share.
#pragma once

#include "cli/frame/command_line.hpp"
#include "cli/output/output.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/sealing/outline/policy_outline.hpp"
#include "cli/system/system_root.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct PolicyOptions {
  std::vector<std::string> names; ///< the arguments that are no options
  std::string policy;
  std::string root;
  bool files = true;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;

  [[nodiscard]] SystemRoot system() const { return root.empty() ? SystemRoot{} : SystemRoot{root}; }
};

/// Each returns the exit code and throws std::exception where it cannot answer at all.
int policy_check(const PolicyOptions& options);
int policy_show(const PolicyOptions& options);
int policy_explain(const PolicyOptions& options);
/// The exit code; nullopt: there is no such subcommand that changes the system's policy. `help`
/// answers --help.
[[nodiscard]] std::optional<int> policy_change(std::string_view subcommand, std::string_view help,
                                               Arguments arguments);

/// A policy as it holds: in place of one with a mistake, or of none, the built-in default does.
struct HeldPolicy {
  std::string source; ///< a file, or nothing for the built-in default
  std::vector<PolicySection> sections;
  std::string problem; ///< why it is not the one that was asked for, as a message, or nothing
  Mode built_in = Mode::enforce; ///< of the built-in default below the sections

  /// Both as a message.
  [[nodiscard]] std::string problem_and_stand_in() const;
};

/// That of --policy, or the system's. `program`: in which it is to hold, as far as that is known.
[[nodiscard]] HeldPolicy held_policy(const PolicyOptions& options, const SystemRoot& root,
                                     bool privileged_program);

/// "FILE:LINE"
[[nodiscard]] std::string place_text(std::string_view file, std::uint32_t line);

} // namespace sealwax::cli
