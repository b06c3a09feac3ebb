// SPDX-License-Identifier: Apache-2.0
// The difference between two texts, as people read it.
#pragma once

#include <string>
#include <string_view>

namespace sealwax::cli {

/// As `diff -u` shows it, in one hunk: from the first line that differs to the last. Empty where
/// none does. An empty text stands for no file. What could steer a terminal becomes \xHH.
[[nodiscard]] std::string unified_diff(std::string_view name, std::string_view before,
                                       std::string_view after);

} // namespace sealwax::cli
