// SPDX-License-Identifier: Apache-2.0
// The program that a unit's command starts by way of another one.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

/// Letters in front of a command that change how it is run (systemd.service(5)).
inline constexpr const char* kCommandPrefixes = "@-:+!|";

/// The words behind those. Pure.
[[nodiscard]] std::vector<std::string> command_words(const std::string& command);

/// Of `sh -c '...; exec PROGRAM ...'`, `sh -c 'PROGRAM ...'` and `env [NAME=VALUE...] PROGRAM ...`,
/// without the prefixes of ExecStart=. Empty: it is no such command, or what it starts is not
/// written there. Pure.
[[nodiscard]] std::string wrapped_program(const std::vector<std::string>& words);

/// Such a command as a unit has it, with `launcher` in front of that program. nullopt: the one
/// place where that stands cannot be told, or `launcher` does not mean the same within quotes.
/// Pure.
[[nodiscard]] std::optional<std::string> wrapped_program_behind(const std::string& launcher,
                                                                const std::string& command);

} // namespace sealwax::cli
