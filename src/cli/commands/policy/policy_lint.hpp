// SPDX-License-Identifier: Apache-2.0
// What is no mistake in a policy's grammar, and yet hardly meant.
#pragma once

#include "cli/sealing/outline/policy_outline.hpp"
#include "cli/system/system_root.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct PolicyWarning {
  Place place;
  std::string text;
  bool is_note = false; ///< it is to be known, and nothing need be done
};

/// Sections and keys that can never decide anything, whatever files there are. Pure.
[[nodiscard]] std::vector<PolicyWarning> useless_parts(std::span<const PolicySection> sections);

/// Globs that match none of a system's files, as programs and libraries are named there; and
/// sections for programs that no library is loaded into.
[[nodiscard]] std::vector<PolicyWarning> unmatched_globs(std::span<const PolicySection> sections,
                                                         const SystemRoot& root);

/// Whether every path that `narrow` matches is matched by `wide`. False also where that is hard to
/// tell.
[[nodiscard]] bool covers(std::string_view wide, std::string_view narrow);

/// Whether a glob is but a path, or the last component of one.
[[nodiscard]] bool is_literal(std::string_view glob);

} // namespace sealwax::cli
