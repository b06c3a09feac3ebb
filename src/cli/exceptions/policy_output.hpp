// SPDX-License-Identifier: Apache-2.0
// Writing a policy such that nobody reads half of it.
#pragma once

#include <string>
#include <string_view>

namespace sealwax::cli {

/// Why `path` is nowhere to write a new policy to, as a message. Empty: it is fine. The system's
/// policy is refused, by whatever name: what a tool wrote is looked at before it holds.
[[nodiscard]] std::string policy_path_problem(const std::string& path);

/// Replaces the file at `path` as a whole. Empty, or what went wrong, as a message; then `path` is
/// what it was.
[[nodiscard]] std::string write_policy(const std::string& path, std::string_view text);

} // namespace sealwax::cli
