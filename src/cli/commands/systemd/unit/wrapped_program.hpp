// SPDX-License-Identifier: Apache-2.0
// The program that a unit's command starts by way of another one.
#pragma once

#include <string>
#include <vector>

namespace sealwax::cli {

/// Of `sh -c '...; exec PROGRAM ...'` and `env [NAME=VALUE...] PROGRAM ...`, without the prefixes
/// of ExecStart=. Empty: it is no such command, or what it starts is not written there. Pure.
[[nodiscard]] std::string wrapped_program(const std::vector<std::string>& words);

} // namespace sealwax::cli
