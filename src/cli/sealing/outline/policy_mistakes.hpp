// SPDX-License-Identifier: Apache-2.0
// All mistakes of a policy, each with what was likely meant by it.
#pragma once

#include "cli/sealing/outline/policy_outline.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct PolicyMistake {
  Place place;
  std::string text;
};

/// In the order of the text, as if each line with a mistake were mended; some hundred at most.
/// Empty where ProgramPolicy::compile takes the text. Pure.
[[nodiscard]] std::vector<PolicyMistake> mistakes_in(std::string_view text);

} // namespace sealwax::cli
